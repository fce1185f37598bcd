"""Postfix policy service: refuses a stopped recipient at RCPT TO (Postfix SMTPD_POLICY_README).

A request is `name=value` lines and an empty line; the answer is `action=...` and an empty line; Postfix keeps
the connection and asks again. The answer is one of

    DUNNO                                                            nothing against this recipient
    550 5.7.1 Sending to this recipient is stopped (mailbox full since 2026-05-03) [retour:stopped] URL
    450 4.7.1 Sending to this recipient is held (incident) [retour:held] URL

and never DISCARD or HOLD, which act on all recipients of a message. What is no request, or none of ours to
judge, is DUNNO: a mail server must not stop because one line was odd. When Retour itself fails, it closes
the connection, so that the operator's choice in Postfix (`default_action`) decides.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from retour.address import normalise
from retour.flow.check import may_send
from retour.flow.why import Stop
from retour.instants import MINUTE, Instant, text
from retour.model import Answer, Decision, MailKind
from retour.ports import Clock, Snapshot
from retour.return_address import Keyring, looks_like, verify

LIMIT = 16 * 1024  # octets of one request (docs/limits.md); Postfix sends about 700
DUNNO = b"action=DUNNO\n\n"

Attributes = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose mail it is and of what kind, as far as one source of knowledge tells; None: it does not."""

    account: str | None = None
    kind: MailKind | None = None


NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class Origins:
    """How a request is tied to an account: signed sender, context or port, login, domain, in this order."""

    keyring: Keyring
    account_of: Callable[[int], str | None]  # name of the account with this number
    contexts: Mapping[str, Origin] = field(default_factory=dict)  # by policy_context (Postfix 3.1 and later)
    logins: Mapping[str, Origin] = field(default_factory=dict)  # by sasl_username
    domains: Mapping[str, Origin] = field(default_factory=dict)  # by the sender's domain, lower case

    def of(self, request: Attributes, listener: Origin = NOWHERE) -> Origin:
        """Account and kind of a request; each from the first source that knows it."""
        local, _, domain = _text(request, b"sender").rpartition("@")
        account = kind = None
        for origin in (
            self._signed(local, domain),
            self.contexts.get(_text(request, b"policy_context"), NOWHERE),
            listener,
            self.logins.get(_text(request, b"sasl_username"), NOWHERE),
            self.domains.get(domain.lower(), NOWHERE),
        ):
            account = account or origin.account
            kind = kind or origin.kind
        return Origin(account, kind or MailKind.MAILING)

    def _signed(self, local: str, domain: str) -> Origin:
        token = verify(self.keyring, local, domain) if looks_like(local) else None
        account = self.account_of(token.account) if token is not None else None
        return Origin(account, token.kind) if token is not None and account is not None else NOWHERE


Explain = Callable[[str, str, Decision], Stop]
"""Account, normalised address, decision → why. Asked in a thread, because it may read the ledger."""


class Policy:
    """Answers requests. One for all listeners and connections of a process, within one event loop."""

    def __init__(
        self,
        snapshot: Snapshot,
        origins: Origins,
        explain: Explain,
        clock: Clock,
        *,
        defer_stops: bool = False,
        more_url: str = "",
    ) -> None:
        self.counts: Counter[str] = Counter()  # answers by outcome, for the metrics
        self.origins = origins
        self._snapshot = snapshot
        self._explain = explain
        self._clock = clock
        self._defer_stops = defer_stops
        self._more_url = more_url
        self._known = _Remembered()

    def decide(self, request: bytes, listener: Origin = NOWHERE) -> "Refusal | None":
        """What there is against the recipient of one request; None: nothing (DUNNO)."""
        attributes = _attributes(request)
        if attributes.get(b"protocol_state") != b"RCPT" or b"recipient" not in attributes:
            return self._nothing("not_rcpt")
        origin = self.origins.of(attributes, listener)
        if origin.account is None or origin.kind is None:
            return self._nothing("unknown_account")
        recipient = _text(attributes, b"recipient")
        decision = may_send(recipient, origin.account, origin.kind, self._snapshot, self._clock.now())
        if decision.answer is Answer.SEND or decision.why == "no_address":
            return self._nothing("send" if decision.would_be is None else "would_be_" + decision.would_be)
        self.counts[decision.answer.value] += 1
        return Refusal(origin.account, normalise(recipient) or recipient, decision)

    def _nothing(self, outcome: str) -> "Refusal | None":
        self.counts[outcome] += 1
        return None

    def remembered(self, refusal: "Refusal") -> bytes | None:
        """The answer for a refusal that was explained within the last minute; None: ask `explained`."""
        stop = self._known.get(refusal, self._clock.now())
        return None if stop is None else self._answer(refusal.decision, stop)

    async def explained(self, refusal: "Refusal") -> bytes:
        """The answer for a refusal, with its reason read from the ledger."""
        stop = await asyncio.to_thread(self._explain, refusal.account, refusal.address, refusal.decision)
        self._known.put(refusal, stop, self._clock.now())
        return self._answer(refusal.decision, stop)

    def _answer(self, decision: Decision, stop: Stop) -> bytes:
        since = f" since {text(stop.since)[:10]}" if stop.since is not None else ""
        held = decision.answer is Answer.HOLD
        code = "450 4.7.1" if held or self._defer_stops else "550 5.7.1"
        marker = "[retour:held]" if held or self._defer_stops else "[retour:stopped]"
        verb = "held" if held else "stopped"
        line = f"{code} Sending to this recipient is {verb} ({stop.words}{since}) {marker} {self._more_url}"
        return b"action=" + _one_ascii_line(line) + b"\n\n"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A recipient that must not get this mail."""

    account: str
    address: str
    decision: Decision


class Connection(asyncio.Protocol):
    """One connection from Postfix: answers in the order of the requests."""

    def __init__(self, policy: Policy, listener: Origin, failed: Callable[[Exception], None]) -> None:
        self._policy = policy
        self._listener = listener
        self._failed = failed
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._asking: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._asking is not None:
            self._asking.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._go_on()

    def _go_on(self) -> None:
        """Answer every whole request, up to the first whose reason must be read."""
        assert self._transport is not None
        answers = []
        try:
            while self._asking is None and (end := self._buffer.find(b"\n\n", 0, LIMIT)) >= 0:
                request = bytes(self._buffer[:end])
                del self._buffer[: end + 2]
                answers.append(self._answer(request))
        except Exception as error:  # a fault of ours: default_action decides
            self._give_up(error)
        if answers:
            self._transport.write(b"".join(answers))
        if len(self._buffer) >= LIMIT and self._asking is None:
            self._policy.counts["too_long"] += 1
            self._transport.close()

    def _answer(self, request: bytes) -> bytes:
        refusal = self._policy.decide(request, self._listener)
        if refusal is None:
            return DUNNO
        known = self._policy.remembered(refusal)
        if known is not None:
            return known
        assert self._transport is not None
        self._transport.pause_reading()  # what comes meanwhile waits with the sender
        self._asking = asyncio.get_running_loop().create_task(self._ask(refusal))
        return b""

    async def _ask(self, refusal: Refusal) -> None:
        assert self._transport is not None
        try:
            self._transport.write(await self._policy.explained(refusal))
        except Exception as error:
            self._give_up(error)
        self._asking = None
        if not self._transport.is_closing():
            self._transport.resume_reading()
            self._go_on()

    def _give_up(self, error: Exception) -> None:
        assert self._transport is not None
        self._failed(error)
        self._buffer.clear()
        self._transport.close()


class _Remembered:
    """Reasons of the latest refusals, each for a minute: a campaign asks for the same address many times."""

    _MOST = 10_000

    def __init__(self) -> None:
        self._stops: OrderedDict[Refusal, tuple[Instant, Stop]] = OrderedDict()

    def get(self, refusal: Refusal, now: Instant) -> Stop | None:
        at, stop = self._stops.get(refusal, (0, None))
        return stop if now - at < MINUTE else None

    def put(self, refusal: Refusal, stop: Stop, now: Instant) -> None:
        self._stops[refusal] = now, stop
        if len(self._stops) > self._MOST:
            self._stops.popitem(last=False)


async def listen(
    policy: Policy, host: str, port: int, failed: Callable[[Exception], None], listener: Origin = NOWHERE
) -> asyncio.Server:
    """Listen for Postfix; `listener` is what this port says of every request. Raises OSError."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Connection(policy, listener, failed), host, port)


def _attributes(request: bytes) -> dict[bytes, bytes]:
    """The attributes of a request. Lines without "=" are passed over; of two of a name the last counts."""
    return {
        name: value
        for name, equals, value in (line.partition(b"=") for line in request.split(b"\n"))
        if equals
    }


def _text(attributes: Attributes, name: bytes) -> str:
    # RFC 6531: Postfix hands on UTF-8 addresses as they are. Other bytes make no address, and are DUNNO.
    return attributes.get(name, b"").decode("utf-8", "surrogateescape")


def _one_ascii_line(line: str) -> bytes:
    printable = "".join(sign if " " <= sign <= "~" else "?" for sign in line)
    return printable.strip().encode("ascii")
