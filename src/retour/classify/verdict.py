"""Report → verdict: weighs the clues in the order of reasons.md, "Which evidence decides"."""

from dataclasses import replace

from retour.classify import details
from retour.classify.evidence import NO_WORDS, Clue, Matcher, Words, fits
from retour.classify.rulebook import Rulebook, Weight
from retour.model import GROUPS, Group, Kind, Reading, Reason, Report, Verdict

CONFLICT_DISCOUNT = 0.8
AGREEMENT_LIMIT = 0.99
_TELLING = (Kind.BOUNCE, Kind.DELAY)
_MARKED = (Kind.BOUNCE, Kind.DELAY, Kind.SUPPRESSED, Kind.OTHER)  # what can bring our own refusal back
_NOT_AGAINST_THE_ADDRESS = (Group.DEAD, Group.UNKNOWN)


class Classifier:
    """A rulebook at work. Immutable; one serves the whole process."""

    def __init__(self, book: Rulebook) -> None:
        self._matcher = Matcher(book)

    def classify(self, report: Report, reading: Reading | None = None) -> Verdict:
        """The verdict on a report. Never raises; without any evidence it is `undetermined`, rule "none".

        `reading` lends its human part where the report itself has no words and is the only one.
        Kinds that are neither bounce nor delay have no reason.
        """
        if report.kind not in _MARKED:
            return _nothing(report.kind)
        clues, words = self.evidence(report, reading)
        if clues and clues[0].rule.kind is not None:
            return _without_reason(clues[0], details.url(report))
        if report.kind not in _TELLING:
            return _nothing(report.kind)
        return _verdict(report, clues, words)

    def evidence(self, report: Report, reading: Reading | None = None) -> tuple[list[Clue], Words]:
        """All clues that hold, heaviest first: of the first text that says a cause, and of the codes."""
        providers = self._matcher.providers(report)
        best: tuple[list[Clue], Words] = ([], NO_WORDS)
        for text in _texts(report, reading):
            words = self._matcher.words(text)
            known = providers | words.providers
            clues = [clue for clue in words.clues if fits(clue, report, known)]
            clues += self._matcher.codes(report, known)
            clues.sort(key=lambda clue: clue.order)
            if any(not clue.by_code and clue.rule.weight <= Weight.CLEAR for clue in clues):
                return clues, words
            if not best[0] or (not _tells(best[0]) and _tells(clues)):
                best = clues, words
        return best if best[0] else (self._matcher.codes(report, providers), NO_WORDS)


def _texts(report: Report, reading: Reading | None) -> list[str]:
    """The server's words, then those of whoever reports; the whole human part where it is about one alone."""
    texts = [text for text in (report.diagnostic, report.text) if text]
    if reading is not None and len(reading.reports) == 1 and reading.text and not _names_cause(report):
        texts.append(reading.text)
    return texts


def _names_cause(report: Report) -> bool:
    """Whether the codes need no words of people: prose about a mail is full of misleading advice."""
    return report.status is not None and not report.status.endswith(".0")


def _tells(clues: list[Clue]) -> bool:
    return any(_reason(clue) is not Reason.UNDETERMINED for clue in clues)


def _verdict(report: Report, clues: list[Clue], words: Words) -> Verdict:
    decisive = next((clue for clue in clues if not _doubted(clue, clues)), None)
    if decisive is None or decisive.rule.reason is None:
        return replace(_nothing(report.kind), reason=Reason.UNDETERMINED, group=Group.UNKNOWN)
    reason = decisive.rule.reason
    conflicts = _conflicts(decisive, clues)
    return Verdict(
        kind=report.kind,
        reason=reason,
        group=GROUPS[reason],
        rule=decisive.rule.id,
        matched=decisive.matched,
        confidence=_confidence(decisive, clues, conflicts),
        conflicts=conflicts,
        refused_by=details.refused_by(report, decisive.rule),
        part=decisive.rule.part or details.part(reason, words),
        blocklist=details.blocklist(reason, clues),
        url=details.url(report),
    )


def _doubted(clue: Clue, clues: list[Clue]) -> bool:
    """A code alone never declares an address dead when the words speak of something else.

    A living address lost costs more than one more bounce: 550 5.1.1 "blocked by our policy" is a block.
    Faint words are enough for the doubt where no words say that the address is dead.
    """
    if not clue.by_code or GROUPS[_reason(clue)] is not Group.DEAD:
        return False
    spoken = [other for other in clues if not other.by_code]
    against = [other for other in spoken if GROUPS[_reason(other)] not in _NOT_AGAINST_THE_ADDRESS]
    if any(other.rule.weight <= Weight.CLEAR for other in against):
        return True
    return bool(against) and not any(GROUPS[_reason(other)] is Group.DEAD for other in spoken)


def _reason(clue: Clue) -> Reason:
    return clue.rule.reason or Reason.UNDETERMINED


def _conflicts(decisive: Clue, clues: list[Clue]) -> tuple[str, ...]:
    """What speaks for another group than the verdict's; faint words and basic codes are no contradiction."""
    group = GROUPS[_reason(decisive)]
    against = []
    for clue in clues:
        other = GROUPS[_reason(clue)]
        if other in (group, Group.UNKNOWN) or clue.rule.weight in (Weight.FAINT, Weight.REPLY):
            continue
        what = f"status {clue.matched}" if clue.by_code else f'text "{clue.matched}"'
        against.append(f"{what} says {clue.rule.reason}")
    return tuple(dict.fromkeys(against))


def _confidence(decisive: Clue, clues: list[Clue], conflicts: tuple[str, ...]) -> float:
    """The rule's own, raised by words and code that agree, lowered by each conflict."""
    doubt = 1 - decisive.rule.confidence
    for clue in clues:
        agrees = clue.by_code is not decisive.by_code and GROUPS[_reason(clue)] is GROUPS[_reason(decisive)]
        if agrees and _reason(clue) is not Reason.UNDETERMINED:
            doubt *= 1 - clue.rule.confidence / 2
            break
    sure = max(decisive.rule.confidence, min(1 - doubt, AGREEMENT_LIMIT))
    return round(sure * CONFLICT_DISCOUNT ** len(conflicts), 2)


def _nothing(kind: Kind) -> Verdict:
    return Verdict(kind=kind, reason=None, group=None, rule="none", matched="", confidence=0.0)


def _without_reason(clue: Clue, url: str | None) -> Verdict:
    """No bounce at all: our own refusal that came back, or a provider that did not even try."""
    rule = clue.rule
    return Verdict(
        kind=rule.kind or Kind.OTHER,
        reason=None,
        group=None,
        rule=rule.id,
        matched=clue.matched,
        confidence=rule.confidence,
        refused_by=rule.refused_by,
        url=url,
    )
