"""Vocabularies of mail providers: their words for what happened, turned into ours."""

from typing import Final

# By name, those whose posts can be read. What reads them is in `registry`, loaded only when it is needed.
PROVIDERS: Final[tuple[str, ...]] = (
    "ses",
    "sendgrid",
    "mailgun",
    "postmark",
    "brevo",
    "mailjet",
    "sparkpost",
    "mandrill",
    "resend",
    "postal",
    "mailersend",
    "mailtrap",
    "unisender",
    "scaleway",
    "azure",
    "kumomta",
    "powermta",
    "generic",
)
