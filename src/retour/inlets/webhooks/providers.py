"""What Retour knows of each sending provider: how it can say who it is, and what makes it try again.

Retry contracts as their documents have them, gathered in docs/webhooks.md. Pure data; what verifies stands in
the other files of this directory.
"""

from collections.abc import Mapping
from typing import NamedTuple

TRY_AGAIN = 503


class Provider(NamedTuple):
    """One sending provider."""

    schemes: tuple[str, ...]  # what it can do; the first is taken where the settings name none
    store_down: int = TRY_AGAIN  # the answer that makes it come again
    topics: bool = False  # posts on behalf of topics, which have to be listed
    header: str = ""  # where its own scheme has one that is always the same
    undated: bool = False  # signs its posts and no time to hold them to


_PLAIN = ("basic", "bearer", "header")

PROVIDERS: Mapping[str, Provider] = {
    # The envelope of SNS; EventBridge comes through an API destination, with a header of the operator's.
    "ses": Provider(("sns", "header", "basic", "bearer"), topics=True, undated=True),
    "sendgrid": Provider(("ecdsa",)),
    "mailgun": Provider(("mailgun",)),
    "postmark": Provider(("basic", "header", "path")),
    # It drops an event for ever on any answer that is neither 2xx nor 429.
    "brevo": Provider(("bearer", "basic", "header", "path"), store_down=429),
    "mailjet": Provider(("basic", "path")),
    "sparkpost": Provider((*_PLAIN, "oauth2")),
    "mandrill": Provider(("mandrill",), undated=True),
    "resend": Provider(("standard",)),
    "postal": Provider(("rsa",), undated=True),
    "mailersend": Provider(("hmac",), header="signature", undated=True),
    "mailtrap": Provider(("basic", "bearer", "path")),
    "unisender": Provider(("unisender",), undated=True),
    "scaleway": Provider(("sns", "header", "bearer"), topics=True, undated=True),
    "azure": Provider(("header", "query", "entra")),
    "kumomta": Provider(("bearer", "basic", "header", "hmac")),
    "powermta": Provider(("bearer", "basic", "header", "hmac")),
    "generic": Provider(("bearer", "basic", "header", "hmac", "standard")),
}
WITHOUT_KEYS = ("sns", "path", "entra")  # the others are closed until they have one
