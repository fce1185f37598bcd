"""The table of the dialogue: how far it has come, and which step leads where. All that moves it is here."""

from collections.abc import Mapping
from enum import StrEnum

from retour.smtpd.commands import Verb


class Phase(StrEnum):
    """How far the dialogue has come."""

    CONNECTED = "connected"  # greeted, has not said who he is
    READY = "ready"  # may start a message
    SENDER = "sender"  # MAIL accepted
    RECIPIENTS = "recipients"  # at least one RCPT accepted
    CONTENT = "content"  # everything is message until the lone dot
    DECIDING = "deciding"  # the caller has the message and owes an answer
    CLOSED = "closed"


class Step(StrEnum):
    """What moves the dialogue: an obeyed command, or what happens to the content."""

    HELLO = "hello"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    RSET = "rset"
    OTHER = "other"  # NOOP, VRFY
    QUIT = "quit"
    END = "end"  # the lone dot
    ANSWER = "answer"


_ALWAYS: Mapping[Step, Phase] = {Step.QUIT: Phase.CLOSED}
_SAID_HELLO: Mapping[Step, Phase] = {**_ALWAYS, Step.HELLO: Phase.READY, Step.RSET: Phase.READY}

# Where a step leads. What is missing is out of order and moves nothing (RFC 5321 §4.1.4).
MOVES: Mapping[Phase, Mapping[Step, Phase]] = {
    Phase.CONNECTED: {
        **_ALWAYS,
        Step.HELLO: Phase.READY,
        Step.RSET: Phase.CONNECTED,
        Step.OTHER: Phase.CONNECTED,
    },
    Phase.READY: {**_SAID_HELLO, Step.OTHER: Phase.READY, Step.MAIL: Phase.SENDER},
    Phase.SENDER: {**_SAID_HELLO, Step.OTHER: Phase.SENDER, Step.RCPT: Phase.RECIPIENTS},
    Phase.RECIPIENTS: {
        **_SAID_HELLO,
        Step.OTHER: Phase.RECIPIENTS,
        Step.RCPT: Phase.RECIPIENTS,
        Step.DATA: Phase.CONTENT,
    },
    Phase.CONTENT: {Step.END: Phase.DECIDING},
    Phase.DECIDING: {Step.ANSWER: Phase.READY},
    Phase.CLOSED: {},
}

STEPS: Mapping[Verb, Step] = {
    Verb.HELO: Step.HELLO,
    Verb.EHLO: Step.HELLO,
    Verb.LHLO: Step.HELLO,
    Verb.MAIL: Step.MAIL,
    Verb.RCPT: Step.RCPT,
    Verb.DATA: Step.DATA,
    Verb.RSET: Step.RSET,
    Verb.NOOP: Step.OTHER,
    Verb.VRFY: Step.OTHER,
    Verb.QUIT: Step.QUIT,
}
