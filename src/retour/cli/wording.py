"""An explained message in words: what happened, who refused, on what evidence, who must act, what to do."""

from collections.abc import Iterator, Mapping
from typing import Any

from retour.classify import Rulebook, packaged
from retour.cli.terminal import safe
from retour.texts import Catalogue

_DIAGNOSTIC_SHOWN = 500  # characters of the server's words; all of them are in the JSON


def message_in_words(shown: Mapping[str, Any], say: Catalogue, book: Rulebook | None = None) -> list[str]:
    """The lines for one message; `shown` is the object of the contract, `book` holds its rules, else ours."""
    lines = [f"{safe(shown['source'])}: {say('kind.' + shown['kind'])}"]
    if shown["original"]["subject"]:
        lines.append("  " + say("line.subject", subject=safe(shown["original"]["subject"])))
    for report in shown["reports"]:
        lines += [f"  {line}" for line in report_in_words(report, say, book)]
    lines += [f"  {_defect(defect, say)}" for defect in shown["defects"]]
    return lines


def _defect(name: str, say: Catalogue) -> str:
    key = f"defect.{name}"
    return say("line.defect", defect=say(key) if key in say else safe(name))


def report_in_words(report: Mapping[str, Any], say: Catalogue, book: Rulebook | None = None) -> list[str]:
    """The lines for one report."""
    who = safe(report["recipient"] or say("line.nobody"))
    if report["reason"] is None:
        return [
            say("line.no_bounce", recipient=who, what=say("kind." + report["kind"])),
            *_evidence(report, say, book or packaged()),
        ]
    reason = f"reason.{report['reason']}"
    lines = [say("line.what", recipient=who, what=say(f"{reason}.what"))]
    lines += _refusal(report, say)
    lines.append(say("line.still_trying") if report["kind"] == "delay" else _counts(report, say))
    lines.append(say("line.who", who=say(f"who.{say(f'{reason}.who')}")))
    lines.append(say("line.advice", advice=say(f"{reason}.advice")))
    return [*lines, *_evidence(report, say, book or packaged())]


def _counts(report: Mapping[str, Any], say: Catalogue) -> str:
    """What it counts as; `undetermined` has a type to look at and never counts (lifecycle rule 2)."""
    line = "line.never_counted" if report["reason"] == "undetermined" else "line.counts"
    type_, group = say(f"type.{report['type'] or 'none'}"), say(f"group.{report['group']}")
    return say(line, type=type_, group=group)


def _refusal(report: Mapping[str, Any], say: Catalogue) -> Iterator[str]:
    if report["refused_by"] == "ours":
        yield say("line.found_by", party=say("party.ours"))
    elif report["refused_by"]:
        host = f" ({safe(report['remote_mta'])})" if report["remote_mta"] else ""
        yield say("line.refused_by", party=say(f"party.{report['refused_by']}") + host)
    if report["part"]:
        yield say("line.part", part=say(f"part.{report['part']}"))
    if report["blocklist"]:
        yield say("line.blocklist", name=safe(report["blocklist"]))


def _evidence(report: Mapping[str, Any], say: Catalogue, book: Rulebook) -> Iterator[str]:
    rule = book.rule(report["rule"])
    if rule is not None:
        line = "line.own_rule" if rule.own else "line.rule"
        yield say(line, rule=rule.id, matched=safe(report["matched"]), source=safe(rule.source))
        yield say("line.confidence", percent=round(report["confidence"] * 100))
    elif report["reason"] is not None:
        yield say("line.no_rule")
    if report["status"]:
        yield say("line.code", code=report["status"], meaning=meaning_of(report["status"], say))
    for conflict in report["conflicts"]:
        yield _conflict(conflict, say)
    if report["diagnostic"]:
        yield say("line.diagnostic", text=safe(report["diagnostic"][:_DIAGNOSTIC_SHOWN]))
    if report["url"]:
        yield say("line.url", url=safe(report["url"]))


# How a conflict ends that names no reason, and the text for it.
_DOUBTS = {" is about another recipient": "other", " stands where the mail was cut off": "cut"}


def meaning_of(status: str, say: Catalogue) -> str:
    """What an enhanced code stands for: its own meaning, else that of its subject (RFC 3463 §2)."""
    _, subject, detail = status.split(".")
    keys = (f"code.{subject}-{detail}", f"code_subject.{subject}", "code_subject.other")
    return say(next(key for key in keys if key in say))


def _conflict(conflict: str, say: Catalogue) -> str:
    """A conflict (model.Verdict) as a sentence: `status 5.7.1 says policy_rejected`, `text "blocked" says …`,
    `text "5.1.1" is about another recipient`. One of another form is told as it is."""
    for ending, name in _DOUBTS.items():
        if conflict.endswith(ending):
            words = conflict.removesuffix(ending).partition(" ")[2]
            return say(f"line.conflict_{name}", words=safe(words))
    witness, _, reason = conflict.rpartition(" says ")
    sort, _, words = witness.partition(" ")
    if f"line.conflict_{sort}" not in say or f"reason.{reason}.what" not in say:
        return safe(conflict)
    return say(f"line.conflict_{sort}", words=safe(words), what=say(f"reason.{reason}.what"))
