"""Where parsing and classifying meet: raw bytes → reading and verdicts, and how they are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retour.classify import Classifier, Rule, classifier
from retour.lifecycle import Policy, TypeRule
from retour.model import NULL_SENDER_ALONE, READ_BY_RULE, BounceType, Kind, Reading, Report, Verdict
from retour.parse import parse, parse_reply

_SHOWN = {
    TypeRule.HARD: BounceType.HARD,
    TypeRule.SOFT: BounceType.SOFT,
    TypeRule.BLOCK: BounceType.BLOCK,
    TypeRule.HARD_CONFIRMED: BounceType.SOFT,  # hard only once it is seen again (lifecycle rule 2)
}

_UNREAD = (Kind.OTHER, Kind.BOUNCE, Kind.DELAY)  # kinds that say nothing without a report
_WORDS = 4096  # of Report.text


@dataclass(frozen=True, slots=True)
class Judged:
    """What was read out of an arrival, and a verdict for each of its reports, in their order."""

    reading: Reading
    verdicts: tuple[Verdict, ...]

    @property
    def kind(self) -> Kind:
        """The reading's, unless every report of it is a refusal without an attempt."""
        kinds = {verdict.kind for verdict in self.verdicts}
        return Kind.SUPPRESSED if kinds == {Kind.SUPPRESSED} else self.reading.kind


def judge(what: bytes | Reading, rules: Classifier | None = None) -> Judged:
    """Parse and classify one mail, or classify what was read of another form.

    Never raises on any bytes: what is wrong stands in the defects. `rules`: those of `retour.rules`, with an
    operator's own before ours; without, ours alone.
    """
    return judged(parse(what) if isinstance(what, bytes) else what, rules)


def judged(reading: Reading, rules: Classifier | None = None) -> Judged:
    """The verdicts on what was read."""
    rules = rules or classifier()
    unread = reading.kind in _UNREAD or NULL_SENDER_ALONE in reading.defects
    if rules.reads_unparsed and not reading.reports and unread:
        reading = _read_by_rule(reading, rules)
    return Judged(reading, tuple([rules.classify(report, reading) for report in reading.reports]))


def _read_by_rule(reading: Reading, rules: Classifier) -> Reading:
    """A mail out of which no report could be read, as the bounce that an operator's own rule says it is.

    The report names nobody: it is about the send whose return address it came to, or about nothing.
    """
    kind = Kind.DELAY if reading.kind is Kind.DELAY else Kind.BOUNCE
    report = Report(kind, text=reading.text[:_WORDS], mta=reading.mta)
    found = rules.book.rule(rules.classify(report).rule)
    if found is None or not found.unparsed:
        return reading
    return reading._replace(kind=kind, reports=(report,), defects=(*reading.defects, READ_BY_RULE))


def judge_reply(line: str, rules: Classifier | None = None) -> tuple[Report, Verdict]:
    """One SMTP reply, its inner line breaks as "\\n", with its verdict; `rules` as in `judge`."""
    report = parse_reply(line)
    return report, (rules or classifier()).classify(report)


def reply_from(text: str, host: str | None) -> Report:
    """One SMTP reply as a report, said by a host: its provider's rules apply."""
    report = parse_reply(text)
    return report._replace(remote_mta=host) if host else report


def failing_samples(rules: Classifier, of: Sequence[Rule] | None = None) -> list[tuple[Rule, str, str]]:
    """Samples that do not give what their rule stands for: rule, sample, and what they give instead.

    Of all rules, or of these.
    """
    hosts = {provider.name: provider.hosts[0] for provider in rules.book.providers}
    failed = []
    for rule in rules.book.rules if of is None else of:
        for sample in rule.samples:
            verdict = rules.classify(reply_from(sample, hosts.get(rule.provider or "")))
            if (verdict.reason or verdict.kind) != (rule.reason or rule.kind):
                failed.append((rule, sample, str(verdict.reason or verdict.kind)))
    return failed


def type_of(verdict: Verdict, policy: Policy) -> BounceType | None:
    """What a verdict counts as; None for what is no bounce (a delay never counts) or is ignored."""
    if verdict.reason is None or verdict.kind is not Kind.BOUNCE:
        return None
    rule = policy.types.get(verdict.reason)
    return _SHOWN.get(rule) if rule is not None else None


def explained(
    source: str, judged: Judged, policy: Policy, defects: tuple[str, ...] = ()
) -> Mapping[str, Any]:
    """The object of the command-line contract (docs/json.md) for one message; JSON values only."""
    reading, original = judged.reading, judged.reading.original
    return {
        "source": source,
        "kind": judged.kind,
        "message_id": reading.message_id,
        "mta": reading.mta,
        "reports": [
            explained_report(report, verdict, policy)
            for report, verdict in zip(reading.reports, judged.verdicts, strict=True)
        ],
        "original": {
            "message_id": original.message_id,
            "subject": original.subject,
            "from": original.sender,
            "date": original.date,
            "envid": original.envid,
        },
        "defects": list(dict.fromkeys((*defects, *reading.defects))),
    }


def explained_report(report: Report, verdict: Verdict, policy: Policy) -> Mapping[str, Any]:
    """The object of the contract for one report. Reason, group and type are null for what is no bounce."""
    return {
        "recipient": report.recipient,
        "original_recipient": report.original_recipient,
        "action": report.action,
        "status": report.status,
        "reply_code": report.reply_code,
        "diagnostic": report.diagnostic,
        "remote_mta": report.remote_mta,
        "refused_by": verdict.refused_by,
        "part": verdict.part,
        "blocklist": verdict.blocklist,
        "url": verdict.url,
        "reason": verdict.reason,
        "group": verdict.group,
        "type": type_of(verdict, policy),
        "rule": verdict.rule,
        "matched": verdict.matched,
        "confidence": verdict.confidence,
        "conflicts": list(verdict.conflicts),
        "kind": verdict.kind,
        "final_recipient": report.final_recipient,
    }
