"""How a source is set up → the scheme that verifies its posts, or what is still missing."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from retour.inlets.webhooks import postal, sendgrid, standard, unisender
from retour.inlets.webhooks.azure import EventGrid
from retour.inlets.webhooks.credentials import Basic, Bearer, Header, PathAlone, Query
from retour.inlets.webhooks.digest import Digest
from retour.inlets.webhooks.entra import EVENT_GRID, Entra
from retour.inlets.webhooks.jwks import Fetch, Published, is_place, place_of
from retour.inlets.webhooks.mailgun import Mailgun
from retour.inlets.webhooks.mandrill import Mandrill
from retour.inlets.webhooks.oauth import ClientCredentials
from retour.inlets.webhooks.providers import PROVIDERS, WITHOUT_KEYS
from retour.inlets.webhooks.scheme import Key, Keys, Scheme
from retour.inlets.webhooks.sns import Certificates, Sns
from retour.inlets.webhooks.topics import Amazon, Rule, Scaleway

T = TypeVar("T")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class SetupError(ValueError):
    """A source that cannot be as it is set up; `name` is a text under [setup] in texts/webhooks.en.toml."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(name, what)
        self.name, self.what = name, what


@dataclass(frozen=True, slots=True)
class Setup:
    """What an operator wrote about one source."""

    provider: str
    keys: Sequence[str] = field(default=(), repr=False)
    scheme: str = ""  # empty: the provider's own
    topics: Sequence[str] = ()
    certificate_host: str = ""
    urls: Sequence[str] = field(default=(), repr=False)  # the exact ones, for Mandrill
    header: str = ""
    query: str = ""
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    template: str = "{body}"
    timestamp: str = ""
    tenant: str = ""
    audience: str = ""
    application: str = ""
    jwks: str = ""


def rule_of(setup: Setup) -> Rule:
    """Where what belongs to its topics is."""
    return Scaleway(setup.certificate_host) if setup.provider == "scaleway" else Amazon()


def missing(setup: Setup) -> str:
    """What it still needs before it can be opened, as the name of its setting; empty when nothing."""
    scheme = _named(setup)
    if scheme == "sns" and not setup.topics:
        return "topics"
    if scheme == "mandrill" and not setup.urls:
        return "public_url"
    if scheme == "entra":
        return next((name for name in ("tenant", "audience") if not getattr(setup, name)), "")
    return "keys" if scheme not in WITHOUT_KEYS and not setup.keys else ""


def is_undated(setup: Setup) -> bool:
    """Whether its posts are signed, and no time that they could be held to. Raises SetupError."""
    return PROVIDERS[setup.provider].undated or (_named(setup) == "hmac" and not setup.timestamp)


def scheme_of(setup: Setup, certificates: Certificates, fetch: Fetch) -> Scheme | None:
    """What verifies its posts; None while something is missing: then it is closed. Raises SetupError."""
    scheme = _named(setup)
    if missing(setup):
        return None
    if scheme == "sns":
        return _sns(setup, certificates)
    made = _entra(setup, fetch) if scheme == "entra" else _MAKERS[scheme](setup)
    return EventGrid(made) if setup.provider == "azure" else made


def _named(setup: Setup) -> str:
    can = PROVIDERS[setup.provider].schemes
    scheme = setup.scheme or can[0]
    if scheme not in can:
        raise SetupError("no_scheme", ", ".join(can))
    return scheme


def _sns(setup: Setup, certificates: Certificates) -> Scheme:
    rule = rule_of(setup)
    for topic in setup.topics:
        if not rule.is_topic(topic):
            raise SetupError("no_topic", topic)
    return Sns(frozenset(setup.topics), rule, certificates)


def _entra(setup: Setup, fetch: Fetch) -> Scheme:
    place = setup.jwks or place_of(setup.tenant)
    if not is_place(place):
        raise SetupError("no_jwks", "jwks")
    if not _GUID.fullmatch(setup.tenant):
        raise SetupError("no_tenant", setup.tenant)
    keys = Published(place, fetch)
    return Entra(setup.tenant, setup.audience, setup.application or EVENT_GRID, keys)


def _texts(setup: Setup) -> Keys:
    return [Key(key.encode()) for key in setup.keys]


def _basic(setup: Setup) -> Scheme:
    if not all(":" in key for key in setup.keys):
        raise SetupError("no_pair", "keys")
    return Basic(_texts(setup))


def _oauth(setup: Setup) -> Scheme:
    if not all(":" in key for key in setup.keys):
        raise SetupError("no_pair", "keys")
    return ClientCredentials(_texts(setup))


def _header(setup: Setup) -> Scheme:
    return Header(_texts(setup), _header_named(setup))


def _header_named(setup: Setup) -> bytes:
    name = PROVIDERS[setup.provider].header or setup.header
    if not name or not name.isascii() or not name.replace("-", "").isalnum():
        raise SetupError("no_header", "header")
    return name.lower().encode()


def _query(setup: Setup) -> Scheme:
    if not setup.query:
        raise SetupError("no_query", "query")
    return Query(_texts(setup), setup.query)


def _hmac(setup: Setup) -> Scheme:
    header = _header_named(setup)
    if PROVIDERS[setup.provider].header:
        return Digest(_texts(setup), header)
    if "{body}" not in setup.template or ("{timestamp}" in setup.template) != bool(setup.timestamp):
        raise SetupError("no_template", "template")
    at = setup.timestamp.lower().encode()
    return Digest(
        _texts(setup), header, setup.algorithm, setup.encoding, setup.prefix.encode(), setup.template, at
    )


def _read(setup: Setup, read: Callable[[str], T | None]) -> list[T]:
    """The keys, each in the form of its scheme."""
    found = [known for text in setup.keys if (known := read(text)) is not None]
    if len(found) < len(setup.keys):
        raise SetupError("no_key", "keys")
    return found


_MAKERS: Mapping[str, Callable[[Setup], Scheme]] = {
    "basic": _basic,
    "oauth2": _oauth,
    "bearer": lambda setup: Bearer(_texts(setup)),
    "header": _header,
    "query": _query,
    "path": lambda setup: PathAlone(),
    "hmac": _hmac,
    "standard": lambda setup: standard.Standard(_read(setup, standard.key)),
    "ecdsa": lambda setup: sendgrid.Ecdsa(_read(setup, sendgrid.key)),
    "rsa": lambda setup: postal.Rsa(_read(setup, postal.key)),
    "mailgun": lambda setup: Mailgun(_texts(setup)),
    "mandrill": lambda setup: Mandrill(_texts(setup), [Key(url.encode()) for url in setup.urls]),
    "unisender": lambda setup: unisender.Unisender(_texts(setup)),
}
