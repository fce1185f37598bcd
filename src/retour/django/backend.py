"""An email backend before another: stopped recipients get nothing, and sends are recorded."""

import copy
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.dispatch import Signal

from retour.client import Client, ClientError, Draft
from retour.django.addresses import addr_spec, of_message, without
from retour.django.configuration import SMTP, Asked, Configuration, configuration
from retour.gate import GateError
from retour.model import Answer, Decision

log = logging.getLogger("retour.django")
T = TypeVar("T")

refused = Signal()
"""Sent for each message of which a recipient was refused, with `message`, and with `refused`: decisions by
address."""

KIND, CAMPAIGN = "X-Retour-Kind", "X-Retour-Campaign"  # headers that are for Retour, and go no further


class RetourUnavailable(Exception):  # noqa: N818 - named for what is the matter
    """Retour does not answer, and RETOUR['WHEN_UNAVAILABLE'] is 'raise': nothing was sent. Send it again."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A message before anything of it is sent."""

    said: EmailMessage  # as it was handed in
    stopped: Mapping[str, Decision]
    allowed: EmailMessage  # without those who are stopped
    pieces: list[EmailMessage]  # what goes out; none where nobody is left


class EmailBackend(BaseEmailBackend):
    """Wraps RETOUR['BACKEND']; what that takes as arguments is passed on."""

    def __init__(self, fail_silently: bool = False, **given: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        self._chosen: Configuration = configuration()
        self._client: Client | None = self._chosen.client()
        self._asked: Asked = self._chosen.asked(self._client)
        self._inner = get_connection(self._chosen.backend, fail_silently=fail_silently, **given)

    def open(self) -> bool | None:
        """As the wrapped backend."""
        return self._inner.open()

    def close(self) -> None:
        """As the wrapped backend."""
        self._inner.close()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """The number of messages of which something was sent. Raises RetourUnavailable before anything is."""
        try:
            ready = [self._ready(message) for message in email_messages if message.recipients()]
        except (ClientError, GateError) as error:  # where the settings want no mail without an answer
            if self.fail_silently:
                return 0
            raise RetourUnavailable(f"nothing was sent: {error}") from error
        return sum(map(self._sent, ready))

    def _ready(self, message: EmailMessage) -> Ready:
        """Asked about and recorded."""
        nobody: dict[str, Decision] = {}
        stopped = self._answered(nobody, "mail is sent unasked", lambda: self._decided(message))
        allowed = without(message, stopped)
        for name in (KIND, CAMPAIGN):
            allowed.extra_headers.pop(name, None)
        pieces = [allowed] if allowed.recipients() else []
        if pieces:
            pieces = self._answered(
                pieces, "sends are not recorded", lambda: self._with_return_paths(allowed, message)
            )
        return Ready(message, stopped, allowed, pieces)

    def _answered(self, otherwise: T, meanwhile: str, ask: Callable[[], T]) -> T:
        """Retour's answer; where there is none, what the settings chose."""
        try:
            return ask()
        except (ClientError, GateError) as error:
            if self._chosen.when_unavailable == "raise":
                raise
            log.warning("Retour does not answer; %s: %s", meanwhile, error)
            return otherwise

    def _decided(self, message: EmailMessage) -> dict[str, Decision]:
        """The recipients that may not be sent to, with the reasons."""
        addresses = of_message(message)
        decisions = self._asked.decisions(addresses, self._kind(message))
        found = zip(addresses, decisions, strict=True)
        return {address: decision for address, decision in found if decision.answer is not Answer.SEND}

    def _sent(self, ready: Ready) -> int:
        if ready.stopped:
            refused.send(type(self), message=ready.said, refused=ready.stopped)
        if not ready.pieces:
            return 0
        sent = self._inner.send_messages(ready.pieces) or 0
        _report_back(ready.pieces, ready.said)
        if ready.pieces == [ready.allowed]:
            self._record_afterwards(ready.allowed, ready.said)
        return min(sent, 1)

    def _kind(self, message: EmailMessage) -> str:
        return str(message.extra_headers.get(KIND, self._chosen.kind))

    def _drafts(self, message: EmailMessage, said: EmailMessage) -> list[Draft]:
        campaign = said.extra_headers.get(CAMPAIGN)
        return [
            Draft(
                address,
                self._kind(said),
                None if campaign is None else str(campaign),
                str(message.extra_headers.get("From", message.from_email)),
                str(message.subject),
            )
            for address in of_message(message)
        ]

    def _with_return_paths(self, message: EmailMessage, said: EmailMessage) -> list[EmailMessage]:
        """A piece for each recipient with its signed return address; without these, the message itself."""
        wanted = self._chosen.return_path or ("from_email" if self._chosen.backend == SMTP else "none")
        if self._client is None or wanted == "none":
            return [message]
        registered = self._client.register_all(self._drafts(message, said))
        return [_piece(message, each.recipient, each.return_address) for each in registered]

    def _record_afterwards(self, message: EmailMessage, said: EmailMessage) -> None:
        """Providers name a message when they have taken it; their webhooks use that name."""
        status = getattr(message, "anymail_status", None)
        if self._client is None or status is None or not status.recipients:
            return
        named = {addr_spec(text): told.message_id for text, told in status.recipients.items()}
        drafts = [
            Draft(each.recipient, each.kind, each.campaign, each.sender, each.subject, named[each.recipient])
            for each in self._drafts(message, said)
            if named.get(each.recipient)
        ]
        try:
            self._client.register_all(drafts)
        except ClientError as error:
            log.warning("sends are not recorded, for Retour does not take them: %s", error)


def _piece(message: EmailMessage, recipient: str, return_address: str | None) -> EmailMessage:
    """The message to one of its recipients: the headers stay as they are, the envelope is its own."""
    piece = copy.copy(message)
    piece.extra_headers = {"From": message.from_email, **message.extra_headers}
    piece.from_email = return_address or message.from_email
    piece.recipients = lambda: [recipient]  # type: ignore[method-assign]  # Django has no other way to say it
    return piece


def _report_back(pieces: Sequence[EmailMessage], message: EmailMessage) -> None:
    """What the wrapped backend says of the message, callers look for on the one they made."""
    status = getattr(pieces[0], "anymail_status", None)
    if status is not None:
        message.anymail_status = status  # type: ignore[attr-defined]  # django-anymail adds it
