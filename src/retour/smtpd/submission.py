"""The dialogue of a submission: as `session`, and with STARTTLS, AUTH, and content that is passed through.

It waits for the caller more often than the dialogue of an inlet does. `awaits` tells what for, and nothing
more of the client is read until he has told it:

    TLS        wrap the connection, then `secured`
    PROOF      are `credentials` good? `proven`
    RECIPIENT  the gate could not say at once what `asked` is to us: `judged`
    OPENING    the client wants to send its content: `opened`, with 354 or a refusal
    VERDICT    the lone dot was read: `answer`

In between `taken` gives the content as it comes. Where `fault` is set the message is refused whatever the
caller does; he need not go on with it.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

from retour.smtpd import commands, replies
from retour.smtpd.commands import MailCommand, RcptCommand, Verb
from retour.smtpd.content import Passing
from retour.smtpd.credentials import MECHANISMS, Asking, Credentials
from retour.smtpd.limits import Limits
from retour.smtpd.message import Recipient, T
from retour.smtpd.phases import MOVES, Phase, Step
from retour.smtpd.replies import Reply
from retour.smtpd.session import Session

GUESSES = 3  # wrong passwords in one connection


Gate = Callable[[str, MailCommand, Sequence[Recipient[T]]], T | Reply | None]
"""Address, sender and those recipients that are accepted already → ticket, refusal, or None: ask later."""


class Awaits(StrEnum):
    """What the dialogue waits for."""

    TLS = "tls"
    PROOF = "proof"
    RECIPIENT = "recipient"
    OPENING = "opening"
    VERDICT = "verdict"


class Submission(Session[T]):
    """One connection. `gate` says at RCPT what a recipient is to us, refuses it, or gives None: ask me later.

    `may_prove`: whether passwords are taken on this connection as it is; `tls`: whether STARTTLS is offered.
    """

    def __init__(
        self,
        gate: Gate[T],
        hostname: str,
        limits: Limits | None = None,
        *,
        may_prove: bool,
        tls: bool,
    ) -> None:
        super().__init__(self._never, hostname, False, limits)
        self.awaits: Awaits | None = None
        self.credentials: Credentials | None = None
        self.asked: RcptCommand | None = None
        self.proved = False
        self._ask = gate
        self._may_prove = may_prove
        self._tls = tls
        self._asking: Asking | None = None
        self._guesses = 0
        self._passing = Passing()

    # --- what the caller does ----------------------------------------------------------------------------

    @property
    def envelope(self) -> tuple[MailCommand, tuple[Recipient[T], ...]]:
        """Who writes to whom; known while OPENING and after."""
        assert self._envelope is not None
        return self._envelope.mail, tuple(self._envelope.recipients)

    @property
    def fault(self) -> Reply | None:
        """Why the content that is being read will be refused."""
        if self._passing.size > self._limits.message:
            return replies.TOO_LARGE
        return replies.BARE_LINE_END if self._passing.bare else None

    def secured(self) -> bytes:
        """The connection is wrapped now: all that was said before is forgotten (RFC 3207 §4.2)."""
        self.awaits = None
        self.phase = Phase.CONNECTED
        self._clear()
        self._buffer.clear()
        self._tls, self._may_prove = False, True
        return b""

    def proven(self, reply: Reply) -> bytes:
        """Whether the credentials were good."""
        self.awaits, self.credentials = None, None
        self.proved = reply.positive
        if reply.code == replies.BAD_CREDENTIALS.code:
            self._guesses += 1
            if self._guesses >= GUESSES:
                return reply.encode() + self.close(replies.TOO_MANY_GUESSES)
        return reply.encode() + self.receive(b"")

    def judged(self, given: T | Reply) -> bytes:
        """What the recipient that was asked about is to us."""
        assert self.asked is not None
        rcpt, self.awaits, self.asked = self.asked, None, None
        reply = self._judged(rcpt, given)
        if reply.positive:
            self._move(Step.RCPT)
        if reply.last:
            self._end()
        return reply.encode() + self.receive(b"")

    def opened(self, reply: Reply) -> bytes:
        """Whether the content may come: 354, or why it may not, after which the envelope is forgotten."""
        self.awaits = None
        if reply.positive:
            self._passing = Passing()
            self._move(Step.DATA)
        else:
            self._move(Step.RSET)
            self._clear()
        if reply.last:
            self._end()
        return reply.encode() + self.receive(b"")

    def taken(self) -> bytes:
        """What came of the content since the last call."""
        return self._passing.take()

    def answered(self, reply: Reply) -> bytes:
        """What became of the message."""
        self.awaits = None
        return self.answer([self.fault or reply])

    # --- reading and obeying -------------------------------------------------------------------------------

    def _never(self, address: str) -> T | Reply:
        raise AssertionError(f"{address} is asked about by `_ask`")

    def _next(self) -> Reply | bytes | None:
        return None if self.awaits is not None else super()._next()

    def _read_content(self) -> Reply | bytes | None:
        piece = bytes(self._buffer)
        self._buffer.clear()
        rest = self._passing.feed(piece)
        if rest is not None:
            self._buffer += rest
            self._move(Step.END)
            self._errors = 0
            self.awaits = Awaits.VERDICT
        return None

    def _obey(self, line: bytes) -> Reply | None:
        if self._asking is not None:
            return self._heard(self._asking.hear(line))
        word, _, argument = line.partition(b" ")
        match word.upper():
            case b"AUTH":
                return self._auth(argument)
            case b"STARTTLS" if self._tls:
                return self._start_tls(argument)
            case b"DATA" if Step.DATA in MOVES[self.phase] and not argument:
                self.awaits = Awaits.OPENING
                return None
        return super()._obey(line)

    def _extensions(self) -> tuple[str, ...]:
        tls = ["STARTTLS"] if self._tls else []
        auth = [f"AUTH {' '.join(MECHANISMS)}"] if self._may_prove else []
        return (*super()._extensions(), *tls, *auth)

    def _start_tls(self, argument: bytes) -> Reply:
        if argument:
            return replies.BAD_ARGUMENT
        if self._buffer:  # said in clear, it must not be believed behind the handshake (CVE-2011-0411)
            self._buffer.clear()
            return replies.BEHIND_STARTTLS
        self.awaits = Awaits.TLS
        return replies.READY_FOR_TLS

    def _auth(self, argument: bytes) -> Reply | None:
        mechanism, _, initial = argument.partition(b" ")
        if self.proved or self.phase is not Phase.READY:
            return replies.OUT_OF_ORDER
        if not self._may_prove:
            return replies.NEEDS_TLS
        name = mechanism.decode("ascii", "replace").upper()
        if name not in MECHANISMS:
            return replies.UNKNOWN_MECHANISM
        self._asking = Asking(name)
        return self._heard(self._asking.begin(initial.strip(b" ")))

    def _heard(self, said: Reply | Credentials) -> Reply | None:
        if isinstance(said, Reply):
            if said.code != 334:
                self._asking = None
            return said
        self._asking = None
        self.credentials, self.awaits = said, Awaits.PROOF
        return None

    def _perform(self, verb: Verb, argument: bytes) -> Reply | None:
        if verb is Verb.RCPT:
            return self._rcpt_or_ask(argument)
        return super()._perform(verb, argument)

    def _mail(self, argument: bytes) -> Reply:
        if not self.proved:
            return replies.NEEDS_AUTHENTICATION
        return super()._mail(argument)

    def _read_mail(self, argument: bytes) -> MailCommand | Reply:
        return commands.read_mail(argument, commands.SUBMISSION_PARAMETERS)

    def _rcpt_or_ask(self, argument: bytes) -> Reply | None:
        assert self._envelope is not None
        rcpt = commands.read_rcpt(argument, self._envelope.mail.smtputf8)
        if isinstance(rcpt, Reply):
            return rcpt
        if len(self._envelope.recipients) >= self._limits.recipients:
            return replies.TOO_MANY_RECIPIENTS
        given = self._ask(rcpt.recipient, self._envelope.mail, self._envelope.recipients)
        if given is not None:
            return self._judged(rcpt, given)
        self.asked, self.awaits = rcpt, Awaits.RECIPIENT
        return None
