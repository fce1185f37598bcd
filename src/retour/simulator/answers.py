"""Which mailbox of the simulator answers what: the table in answers.toml, read once."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib import resources

from retour.smtpd import Reply

LATER = "dsn-"  # before a refusing mailbox: accept now, report the refusal afterwards


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

    def said(self, address: str) -> Reply:
        """The reply for a recipient."""
        code, enhanced, words = self.reply.split(" ", 2)
        return Reply(int(code), enhanced, words.replace("{address}", address))


@cache
def table() -> Mapping[str, Answer]:
    """All mailboxes that the table names, by local part."""
    rows = tomllib.loads(resources.files("retour.simulator").joinpath("answers.toml").read_text("utf-8"))
    return {name: _answer(name, row) for name, row in rows.items()}


def answer_of(address: str) -> Answer | None:
    """What the mailbox of this address does; None when it simply takes the mail."""
    name = address.rpartition("@")[0].partition("+")[0].lower()
    named = table().get(name)
    if named is None and name.startswith(LATER):
        refusing = table().get(name.removeprefix(LATER))
        if refusing is not None and refusing.at is not At.REPORT and refusing.reply[:1] in ("4", "5"):
            return replace(refusing, name=name, at=At.REPORT, report=Says.DSN)
    return named


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
