"""Posts as the sending providers make them: the body of an event, and the signature that goes with it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from uuid import uuid4

from retour.instants import SECOND, Instant
from retour.model import Kind, Reason
from retour.simulator.answers import Answer, by_reason
from retour.simulator.hooks import amazon, batches, servers, singles
from retour.simulator.hooks.happening import Happening
from retour.simulator.hooks.signing import CERTIFICATE, SCHEMES, TOPIC, HookError, Request, Signer

__all__ = [
    "CERTIFICATE",
    "PROVIDERS",
    "TOPIC",
    "Happening",
    "HookError",
    "Request",
    "Signer",
    "happened",
    "made",
]

_OK = "250 2.0.0 OK"


class Provider(NamedTuple):
    """What one provider tells, in which words, and how it can sign; the first way is taken by default."""

    write: Callable[[Happening], Any]
    kinds: tuple[Kind, ...]
    schemes: tuple[str, ...]


def _provider(write: Callable[[Happening], Any], kinds: Iterable[Kind], *schemes: str) -> Provider:
    return Provider(write, tuple(kinds), schemes)


PROVIDERS: Mapping[str, Provider] = {
    "ses": _provider(amazon.bridged, amazon.KINDS, "header", "basic", "bearer", "sns"),
    "sendgrid": _provider(batches.sendgrid, batches.SENDGRID, "ecdsa"),
    "mailgun": _provider(singles.mailgun, singles.MAILGUN, "mailgun"),
    "postmark": _provider(singles.postmark, singles.POSTMARK, "basic", "header", "path"),
    "brevo": _provider(singles.brevo, singles.BREVO, "bearer", "basic", "header", "path"),
    "mailjet": _provider(batches.mailjet, batches.MAILJET, "basic", "path"),
    "sparkpost": _provider(batches.sparkpost, batches.SPARKPOST, "basic", "bearer", "header"),
    "mandrill": _provider(batches.mandrill, batches.MANDRILL, "mandrill"),
    "resend": _provider(singles.resend, singles.RESEND, "standard"),
    "postal": _provider(servers.postal, servers.POSTAL, "rsa"),
    "mailersend": _provider(singles.mailersend, singles.MAILERSEND, "hmac"),
    "mailtrap": _provider(batches.mailtrap, batches.MAILTRAP, "basic", "bearer", "path"),
    "unisender": _provider(batches.unisender, batches.UNISENDER, "unisender"),
    "scaleway": _provider(singles.scaleway, singles.SCALEWAY, "header", "bearer", "sns"),
    "azure": _provider(batches.azure, batches.AZURE, "header", "query"),
    "kumomta": _provider(servers.kumomta, servers.KUMOMTA, "bearer", "basic", "header", "hmac"),
    "powermta": _provider(servers.powermta, servers.POWERMTA, "bearer", "basic", "header", "hmac"),
    "generic": _provider(servers.generic, Kind, "bearer", "basic", "header", "hmac", "standard"),
}
_OWN_HEADER = {"mailersend": "Signature"}


def happened(
    kind: Kind,
    recipient: str,
    at: Instant,
    reason: Reason = Reason.ADDRESS_UNKNOWN,
    *,
    event_id: str = "",
    message_id: str = "",
    tags: tuple[str, ...] = (),
    metadata: Mapping[str, str] | None = None,
) -> Happening:
    """Something that happened to a mail, in the words of the simulator's mailbox for this reason."""
    answers = {
        Kind.BOUNCE: by_reason()[reason],
        Kind.DELAY: _temporary(by_reason()[reason]),
    }
    answer = answers.get(kind)
    return Happening(
        kind,
        recipient,
        at,
        event_id or uuid4().hex,
        message_id or f"{uuid4().hex}@sender.example",
        _OK if kind is Kind.DELIVERED else _said(answer, recipient),
        Reason(answer.reason) if answer is not None and answer.reason else None,
        tags,
        metadata or {},
    )


def _temporary(answer: Answer) -> Answer:
    """Nobody goes on trying after a refusal for good."""
    return answer if answer.reply.startswith("4") else by_reason()[Reason.SERVER_UNREACHABLE]


def _said(answer: Answer | None, recipient: str) -> str:
    return "" if answer is None else answer.reply.replace("{address}", recipient)


def made(provider: str, it: Happening, by: Signer, scheme: str = "") -> Request:
    """The post of a provider about it. Raises HookError."""
    known = PROVIDERS.get(provider)
    if known is None:
        raise HookError("no_provider", provider=provider, known=", ".join(PROVIDERS))
    if it.kind not in known.kinds:
        kinds = ", ".join(known.kinds)
        raise HookError("no_such_event", provider=provider, kind=it.kind.value, known=kinds)
    chosen = scheme or known.schemes[0]
    if chosen not in known.schemes:
        schemes = ", ".join(known.schemes)
        raise HookError("no_scheme", provider=provider, scheme=chosen, known=schemes)
    signer = Signer(by.key, _OWN_HEADER.get(provider, by.header), by.query, by.url, by.topic, by.certificate)
    write = amazon.event if chosen == "sns" and provider == "ses" else known.write
    try:
        return SCHEMES[chosen](write(it), signer, it.at // SECOND)
    except ModuleNotFoundError as error:
        raise HookError("extra", missing=error.name) from error
