"""The dialogue with one client: walks the table of `phases`. No socket, no clock, no log.

Bytes of the client go in with `receive`, the bytes to send come out. When `message` is no longer None the
session waits: nothing more is read until `answer` told it what became of the message. That is what makes
a 250 mean "durable": the session cannot go on without it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic

from retour.smtpd import commands, replies
from retour.smtpd.commands import Verb
from retour.smtpd.content import Content
from retour.smtpd.limits import Limits
from retour.smtpd.message import Message, Recipient, T
from retour.smtpd.phases import MOVES, STEPS, Phase, Step
from retour.smtpd.replies import Reply


@dataclass
class _Envelope(Generic[T]):
    mail: commands.MailCommand
    recipients: list[Recipient[T]] = field(default_factory=list)


class Session(Generic[T]):
    """One connection. `gate` says at RCPT what a recipient is to us, or refuses it with a reply."""

    def __init__(
        self,
        gate: Callable[[str], T | Reply],
        hostname: str,
        lmtp: bool = False,
        limits: Limits | None = None,
    ) -> None:
        self.phase = Phase.CONNECTED
        self.message: Message[T] | None = None
        self._gate = gate
        self._hostname = hostname
        self._lmtp = lmtp
        self._limits = limits or Limits()
        self._buffer = bytearray()
        self._overlong = False  # the line being read is already too long and thrown away as it comes
        self._errors = 0
        self._refused = 0  # recipients
        self._envelope: _Envelope[T] | None = None
        self._content: Content | None = None

    # --- what the caller does ----------------------------------------------------------------------------

    def greeting(self) -> bytes:
        """The first words of the server."""
        protocol = "LMTP" if self._lmtp else "ESMTP"
        return Reply(220, "", f"{self._hostname} {protocol} Retour").encode()

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the client, cut anywhere; returns the replies to them."""
        self._buffer += data
        said = bytearray()
        while (reply := self._next()) is not None:
            said += reply.encode() if isinstance(reply, Reply) else reply
        return bytes(said)

    def answer(self, outcomes: Sequence[Reply]) -> bytes:
        """Say what became of `message`: one outcome for each recipient, in their order; goes on reading.

        LMTP says them all (RFC 2033 §4.2). SMTP has one reply, the first that is not positive: the client
        tries again for all, which is harmless, for an arrival is counted once.
        """
        refused = (outcome for outcome in outcomes if not outcome.positive)
        told = list(outcomes) if self._lmtp else [next(refused, outcomes[0])]
        self._move(Step.ANSWER)
        self._clear()
        if any(outcome.last for outcome in told):
            self._end()
        return b"".join(outcome.encode() for outcome in told) + self.receive(b"")

    def close(self, reply: Reply) -> bytes:
        """End the dialogue from our side; returns the last words, none when it had ended."""
        if self.phase is Phase.CLOSED:
            return b""
        self._end()
        return reply.encode()

    # --- reading -----------------------------------------------------------------------------------------

    def _next(self) -> Reply | bytes | None:
        """The next reply that the buffer gives, None when it gives none yet."""
        if self.phase in (Phase.DECIDING, Phase.CLOSED):
            return None
        if self.phase is Phase.CONTENT:
            return self._read_content()
        line = self._line()
        if line is None:
            return None
        return self._counted(line if isinstance(line, Reply) else self._obey(line))

    def _line(self) -> bytes | Reply | None:
        """The next command line. Only CR LF ends it: a lone LF inside an address must not start a command."""
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > self._limits.command + 1:
                self._overlong = True
                del self._buffer[:-1]  # its last octet may be the CR of the CR LF
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        if self._overlong or len(line) > self._limits.command:
            self._overlong = False
            return replies.LINE_TOO_LONG
        return line

    def _read_content(self) -> Reply | bytes | None:
        assert self._content is not None
        piece = bytes(self._buffer)
        self._buffer.clear()
        rest = self._content.feed(piece)
        if rest is None:
            return None
        self._buffer += rest
        return self._finish(self._content)

    def _finish(self, content: Content) -> bytes | None:
        """The lone dot was read: hand the message over, or refuse it for its size without the caller."""
        self._move(Step.END)
        self._content = None
        self._errors = 0
        assert self._envelope is not None
        mail, recipients = self._envelope.mail, tuple(self._envelope.recipients)
        if content.size > self._limits.message:
            return self._refuse_all(len(recipients))
        self.message = Message(
            mail.sender, recipients, bytes(content.kept), content.size, mail.envid, mail.headers_only
        )
        return None

    def _refuse_all(self, recipients: int) -> bytes:
        self._move(Step.ANSWER)
        self._clear()
        return replies.TOO_LARGE.encode() * (recipients if self._lmtp else 1)

    # --- obeying -----------------------------------------------------------------------------------------

    def _obey(self, line: bytes) -> Reply | None:
        read = commands.split(line)
        if isinstance(read, Reply):
            return read
        word, argument = read
        if word not in Verb.__members__:
            known = word in commands.KNOWN_BUT_NOT_OFFERED
            return replies.NOT_OFFERED if known else replies.UNKNOWN_COMMAND
        verb = Verb(word)
        step = STEPS[verb]
        if step not in MOVES[self.phase]:
            return replies.NO_RECIPIENT if self._only_lacks_recipients(step) else replies.OUT_OF_ORDER
        reply = self._perform(verb, argument)
        if reply is not None and reply.positive:
            self._move(step)
        return reply

    def _perform(self, verb: Verb, argument: bytes) -> Reply | None:
        match verb:
            case Verb.EHLO | Verb.LHLO | Verb.HELO:
                return self._hello(verb, argument)
            case Verb.MAIL:
                return self._mail(argument)
            case Verb.RCPT:
                return self._rcpt(argument)
            case Verb.DATA:
                return self._data(argument)
            case Verb.RSET:
                self._clear()
                return replies.OK
            case Verb.NOOP:
                return replies.OK
            case Verb.VRFY:
                return replies.CANNOT_VERIFY
            case Verb.QUIT:
                return replies.GOODBYE

    def _hello(self, verb: Verb, argument: bytes) -> Reply:
        if (verb is Verb.LHLO) is not self._lmtp:
            return replies.UNKNOWN_COMMAND  # RFC 2033 §4.1: each protocol has its own hello
        if not argument:
            return replies.BAD_ARGUMENT
        self._clear()
        if verb is Verb.HELO:
            return Reply(250, "", self._hostname)
        return Reply(250, "", "\n".join((self._hostname, *self._extensions())))

    def _extensions(self) -> tuple[str, ...]:
        size = f"SIZE {self._limits.message}"
        return ("PIPELINING", size, "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN")

    def _mail(self, argument: bytes) -> Reply:
        mail = self._read_mail(argument)
        if isinstance(mail, Reply):
            return mail
        if mail.size > self._limits.message:
            return replies.TOO_LARGE  # RFC 1870 §6.1
        self._envelope = _Envelope(mail)
        return replies.SENDER_OK

    def _read_mail(self, argument: bytes) -> commands.MailCommand | Reply:
        return commands.read_mail(argument)

    def _rcpt(self, argument: bytes) -> Reply:
        assert self._envelope is not None
        rcpt = commands.read_rcpt(argument, self._envelope.mail.smtputf8)
        if isinstance(rcpt, Reply):
            return rcpt
        if len(self._envelope.recipients) >= self._limits.recipients:
            return replies.TOO_MANY_RECIPIENTS
        return self._judged(rcpt, self._gate(rcpt.recipient))

    def _judged(self, rcpt: commands.RcptCommand, given: T | Reply) -> Reply:
        assert self._envelope is not None
        if isinstance(given, Reply):
            self._refused += 1
            return given if self._refused < self._limits.refused else replies.TOO_MANY_REFUSED
        self._envelope.recipients.append(Recipient(rcpt.recipient, given, rcpt.original, rcpt.notify))
        return replies.RECIPIENT_OK

    def _data(self, argument: bytes) -> Reply:
        if argument:
            return replies.BAD_ARGUMENT
        self._content = Content(self._limits.kept)
        return replies.GO_AHEAD

    # --- book-keeping ------------------------------------------------------------------------------------

    def _move(self, step: Step) -> None:
        self.phase = MOVES[self.phase][step]

    def _clear(self) -> None:
        self.message = None
        self._envelope = None
        self._content = None

    def _end(self) -> None:
        self.phase = Phase.CLOSED
        self._clear()
        self._buffer.clear()

    def _only_lacks_recipients(self, step: Step) -> bool:
        return step is Step.DATA and self.phase is Phase.SENDER

    def _counted(self, reply: Reply | None) -> Reply | bytes | None:
        """Count what is no SMTP; the reply that is one too many ends the dialogue. None: not answered yet.

        Refused recipients are not counted, nor is the DATA that a pipelining client had already sent behind
        them (RFC 2920 §3.1): the client is our own MTA, and a 421 would delay its good mail behind the bad.
        """
        if reply is None:
            return None
        if reply.last:
            self._end()
        elif reply.enhanced.startswith("5.5.") and reply is not replies.NO_RECIPIENT:
            self._errors += 1
            if self._errors >= self._limits.errors:
                return reply.encode() + self.close(replies.TOO_MANY_ERRORS)
        return reply
