"""Which mailbox of the simulator answers what: the table in answers.toml, read once."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib import resources

from retour.smtpd import Reply


class At(StrEnum):
    """Where in the dialogue a mailbox answers."""

    RCPT = "rcpt"
    FIRST = "first"  # at its first RCPT only
    DATA = "data"
    REPORT = "report"  # after the dialogue, with a mail of its own


class Says(StrEnum):
    """The mail that follows an accepted one."""

    DSN = "dsn"
    DELAY = "delay"
    COMPLAINT = "complaint"
    AUTOREPLY = "autoreply"
    CHALLENGE = "challenge"
    LATE = "late"  # a delay, and the refusal some seconds later


# Before a refusing mailbox: accept now, report the refusal afterwards.
LATER: Mapping[str, Says] = {"dsn-": Says.DSN, "late-": Says.LATE}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one mailbox does. `texts` says it in a sentence, by language."""

    name: str
    at: At
    reply: str = ""  # "550 5.1.1 words", {address} is filled in; "" where nothing but a report is said
    report: Says | None = None
    reason: str | None = None  # what Retour makes of it, None where it is no bounce and no delay
    seconds: float = 0.0  # of thought before the reply
    texts: Mapping[str, str] | None = None

    @property
    def refuses(self) -> bool:
        """Whether it refuses within the session."""
        return self.at is not At.REPORT and self.reply[:1] in ("4", "5")

    def said(self, address: str) -> Reply:
        """The reply for a recipient."""
        code, enhanced, words = self.reply.split(" ", 2)
        return Reply(int(code), enhanced, words.replace("{address}", address))


@cache
def table() -> Mapping[str, Answer]:
    """All mailboxes that the table names, by local part."""
    rows = tomllib.loads(resources.files("retour.simulator").joinpath("answers.toml").read_text("utf-8"))
    return {name: _answer(name, row) for name, row in rows.items()}


@cache
def by_reason() -> Mapping[str, Answer]:
    """The first mailbox that refuses for each reason: the reason is a name of it too."""
    refusing = [answer for answer in table().values() if answer.refuses and answer.reason]
    return {str(answer.reason): answer for answer in reversed(refusing)}


def answer_of(address: str) -> Answer | None:
    """What the mailbox of this address does; None when it simply takes the mail."""
    name = address.rpartition("@")[0].partition("+")[0].lower()
    named = _named(name)
    if named is not None:
        return named
    for prefix, says in LATER.items():
        refusing = _named(name.removeprefix(prefix)) if name.startswith(prefix) else None
        if refusing is not None and refusing.refuses:
            return replace(refusing, name=name, at=At.REPORT, report=says)
    return None


def stages(answer: Answer) -> Sequence[Answer]:
    """The mails that follow an accepted one, in their order: none, one, or a delay and a failure."""
    if answer.report is not Says.LATE:
        return [answer] if answer.report is not None else []
    waiting = answer if answer.reply.startswith("4") else by_reason()["server_unreachable"]
    return [replace(waiting, report=Says.DELAY), replace(answer, report=Says.DSN)]


def _named(name: str) -> Answer | None:
    return table().get(name) or by_reason().get(name)


def _answer(name: str, row: Mapping[str, object]) -> Answer:
    report, reason = row.get("report"), row.get("reason")
    return Answer(
        name=name,
        at=At(str(row["at"])),
        reply=str(row.get("reply", "")),
        report=None if report is None else Says(str(report)),
        reason=None if reason is None else str(reason),
        seconds=float(str(row.get("seconds", 0))),
        texts={language: str(row[language]) for language in ("en", "de")},
    )
