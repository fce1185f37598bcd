"""Every address of the simulator, by what it does: what `retour simulator list` shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from retour.model import Kind, Reason
from retour.simulator.answers import LATER, Answer, Says, answer_of, table


class Form(StrEnum):
    """When the bad news comes; keys under [form] in texts/simulator.en.toml."""

    SESSION = "session"  # refused in the dialogue
    REPORT = "report"  # accepted, then reported
    LATE = "late"  # accepted, then a delay, then the failure
    TAKES = "takes"  # accepted, for good


_KINDS = {
    Says.DSN: Kind.BOUNCE,
    Says.LATE: Kind.BOUNCE,
    Says.DELAY: Kind.DELAY,
    Says.COMPLAINT: Kind.COMPLAINT,
    Says.AUTOREPLY: Kind.AUTOREPLY,
    Says.CHALLENGE: Kind.CHALLENGE,
}


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One local part, and what mail to it comes to."""

    name: str
    answer: Answer
    form: Form
    kind: Kind | None  # None: nothing comes of it


def mailboxes() -> Iterator[Mailbox]:
    """Those of the table, then each reason in each form."""
    for name, answer in table().items():
        yield _mailbox(name, answer)
    for reason in Reason:
        for form in ("", *LATER):
            name = f"{form}{reason}"
            known = answer_of(f"{name}@")
            if known is not None and name not in table():
                yield _mailbox(name, known)


def _mailbox(name: str, answer: Answer) -> Mailbox:
    if answer.report is not None:
        form = Form.LATE if answer.report is Says.LATE else Form.REPORT
        return Mailbox(name, answer, form, _KINDS[answer.report])
    if answer.refuses:
        return Mailbox(name, answer, Form.SESSION, Kind.BOUNCE)
    return Mailbox(name, answer, Form.TAKES, None)
