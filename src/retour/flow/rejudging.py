"""Stored evidence judged again: whether other rules say something else of a report, and what.

Under an operator's own rules the question is what these rules change: a report on which they and those in
force agree stays as it is, whatever it once was. Under the rules in force the question is what has become
of the verdicts of older ones; then a verdict that rested on more than its event keeps (the whole mail, the
other recipients in it) is only judged again while the mail is still there.
"""

from collections.abc import Callable
from typing import Final

from retour.classify import Classifier
from retour.classify.phrases import normal
from retour.flow.judge import judged
from retour.lifecycle.judgements import RETOLD
from retour.model import MAIL, Arrival, EventKind, Evidence, Kind, Reason, Report, Verdict
from retour.parse import parse
from retour.ports import Reported

Said = tuple[EventKind, Reason | None, str]
"""Kind and reason of a report, and the rule that says so."""

_REMEMBERED: Final = 20_000  # texts: servers say the same things to different addresses
_KINDS = {kind.value: EventKind(kind.value) for kind in Kind}
_MARK: Final = "[retour:"


class Rejudging:
    """Rules that stored reports are judged by again."""

    def __init__(
        self,
        rules: Classifier,
        in_force: Classifier | None = None,
        arrival: Callable[[bytes], Arrival | None] = lambda id: None,
    ) -> None:
        """`in_force`: those that `rules` are compared with; None: with what is stored."""
        self._rules, self._in_force, self._arrival = rules, in_force, arrival
        self._known: dict[tuple[object, ...], tuple[Said, Said | None]] = {}
        self.left = 0  # reports that other rules might read otherwise, but not without their mails

    def again(self, reported: Reported) -> Said | None:
        """What the report is under these rules, where that is something else than it is now."""
        said, before = self._said(reported.report)
        if said[0] not in RETOLD or (before is not None and said[:2] == before[:2]):
            return None
        if said[:2] == (reported.kind, reported.reason):
            return None
        return said if self._in_force is not None else self._whole(said, reported.evidence(), reported)

    def _said(self, report: Report) -> tuple[Said, Said | None]:
        """The verdicts on the report alone, remembered by all that they are made of."""
        words, text = normal(report.diagnostic or ""), report.text
        human = words if text == report.diagnostic else normal(text)
        told = (report.kind, report.status, report.reply_code, report.mta, _quirks(report))
        key = (words, human, *told, self._rules.providers(report))
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            before = None if self._in_force is None else _of(self._in_force.classify(report))
            found = self._known[key] = _of(self._rules.classify(report)), before
        return found

    def _whole(self, said: Said, evidence: Evidence, reported: Reported) -> Said | None:
        """The same with all that the verdict rested on; None where that is gone."""
        arrival = None if evidence.arrival is None else self._arrival(evidence.arrival)
        if arrival is not None and arrival.form == MAIL:
            return self._of_mail(arrival, evidence, reported)
        if _rests_on_more(evidence):
            self.left += 1
            return None
        return said

    def _of_mail(self, arrival: Arrival, evidence: Evidence, reported: Reported) -> Said | None:
        whole = judged(parse(arrival.raw), self._rules)
        for report, verdict in zip(whole.reading.reports, whole.verdicts, strict=True):
            if (report.recipient, report.diagnostic) == (
                evidence.report.recipient,
                evidence.report.diagnostic,
            ):
                said = _of(verdict)
                known = said[:2] == (reported.kind, reported.reason)
                return None if known or said[0] not in RETOLD else said
        self.left += 1  # today it is read as another report: that is no matter of rules
        return None


def _of(verdict: Verdict) -> Said:
    return _KINDS[verdict.kind.value], verdict.reason, verdict.rule


def _quirks(report: Report) -> tuple[bool, ...]:
    """What a verdict looks at in the words as they stand, and not in their normal form."""
    status, text = report.status, report.text
    return (
        bool(status and report.diagnostic and status in report.diagnostic),
        _MARK in text,
        text.startswith(f"{report.mta} class "),
        bool(report.diagnostic),
        bool(text),
    )


def _rests_on_more(evidence: Evidence) -> bool:
    """Whether a verdict may have been found with the whole mail, of which the event keeps a part.

    The human part is read where the codes name no cause; of what is found there nothing stands in the report.
    """
    report, verdict = evidence.report, evidence.verdict
    if verdict.rule == "none":
        return bool(verdict.conflicts)  # about another recipient, or cut off: the mail said so
    if report.status is not None and not report.status.endswith(".0"):
        return False
    return verdict.matched not in normal(report.diagnostic or "") and verdict.matched not in normal(
        report.text
    )
