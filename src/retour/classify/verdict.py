"""Report → verdict: weighs the clues in the order of reasons.md, "Which evidence decides"."""

from functools import cache
from typing import Final

from retour.classify import details
from retour.classify.evidence import NO_WORDS, Clue, Matcher, Words, fits, in_order, is_made_up
from retour.classify.rulebook import Rulebook, Weight
from retour.model import NOTHING_RETURNED, Group, Kind, Reading, Reason, Report, Verdict

CONFLICT_DISCOUNT: Final = 0.9  # measured: bench/reliability.py
AGREEMENT_LIMIT: Final = 0.99
_TELLING: Final[tuple[Kind, ...]] = (Kind.BOUNCE, Kind.DELAY)
# What can bring our own refusal back.
_MARKED: Final[tuple[Kind, ...]] = (Kind.BOUNCE, Kind.DELAY, Kind.SUPPRESSED, Kind.OTHER)
_NOT_AGAINST_THE_ADDRESS: Final[tuple[Group, ...]] = (Group.DEAD, Group.UNKNOWN)
_OF_RECIPIENT: Final[tuple[Group, ...]] = (Group.DEAD, Group.FULL)
_NO_CONTRADICTION: Final[tuple[Weight, ...]] = (Weight.FAINT, Weight.REPLY)
# RFC 3463 §3.4, §3.5, §3.8: system, directory, security
_NOT_THE_ADDRESS: Final[tuple[str, ...]] = ("4.3.0", "4.3.2", "4.3.5", "4.4.3", "4.7.0", "4.7.1")
_CLOSING: Final = "421"  # RFC 5321 §3.8: the server closes the connection, whoever was to be the recipient
_OUR_MARK: Final = "[retour:"
_UNCLOSED: Final = "multipart_unclosed"  # mime/limits.py


class Classifier:
    """A rulebook at work. Immutable; one serves the whole process."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book
        self._matcher = Matcher(book)
        self._has_own = bool(book.own)
        self.reads_unparsed = any(rule.unparsed for rule in book.rules)

    def forget(self) -> None:
        """Empties what is remembered of texts and codes, so that a measurement starts cold."""
        self._matcher.forget()

    def providers(self, report: Report) -> frozenset[str]:
        """Names of the providers by whose rules a report is read."""
        return self._matcher.providers(report)

    def classify(self, report: Report, reading: Reading | None = None) -> Verdict:
        """The verdict on a report. Never raises; without any evidence it is `undetermined`, rule "none".

        `reading` lends its human part where the report's own words say no cause and it is the only report.
        Kinds that are neither bounce nor delay have no reason.
        """
        if report.kind not in _MARKED:
            return Verdict(report.kind, None, None, "none", "", 0.0)
        clues, words = self.evidence(report, reading)
        if clues and clues[0].rule.kind is not None:
            return _no_bounce(clues[0], report)
        if report.kind not in _TELLING:
            return Verdict(report.kind, None, None, "none", "", 0.0)
        decisive = next((clue for clue in clues if not _doubted(clue, clues, report)), None)
        if decisive is None:
            return Verdict(report.kind, Reason.UNDETERMINED, Group.UNKNOWN, "none", "", 0.0)
        others = reading.reports if reading is not None and len(reading.reports) > 1 else ()
        if others and decisive.rule.group in _OF_RECIPIENT and details.names_another(report, others):
            return _undetermined(report, f'text "{decisive.matched}" is about another recipient')
        if decisive.rule.group is Group.DEAD and report.status is None and _is_cut(reading):
            return _undetermined(report, f'text "{decisive.matched}" stands where the mail was cut off')
        conflicts = _conflicts(decisive, clues) + self._class_conflicts(decisive, report)
        return _verdict(decisive, report, clues, words, conflicts)

    def _class_conflicts(self, decisive: Clue, report: Report) -> tuple[str, ...]:
        """What a sending provider calls it, where the server's words or code decide otherwise."""
        mark = f"{report.mta} class "
        if not report.text.startswith(mark):
            return ()
        clues = self._matcher.words(report.text).clues
        told = next((clue for clue in clues if clue.matched.startswith(mark)), None)
        if told is None or not _class_contradicts(told, decisive):
            return ()
        return (f'"{report.text}" says {told.rule.reason}',)

    def evidence(self, report: Report, reading: Reading | None = None) -> tuple[list[Clue], Words]:
        """All clues that hold, heaviest first: of the first text that says a cause, and of the codes.

        Words of people declare an address dead only where the server's own say nothing else.
        """
        providers = self._matcher.providers(report)
        best: tuple[list[Clue], Words] | None = None
        settled = False  # then only an operator's own words, tried before ours, are still looked for
        for text in _texts(report, reading):
            words = self._matcher.words(text)
            known = providers | words.providers if words.providers else providers
            spoken = [clue for clue in words.clues if fits(clue, report, known)]
            if best is not None and (_tell(best[0]) or is_made_up(report)):
                spoken = [clue for clue in spoken if clue.rule.group is not Group.DEAD]
            clues = in_order(spoken, self._matcher.codes(report, known))
            clear = bool(spoken) and spoken[0].rule.weight <= Weight.CLEAR
            if (clear and not self._has_own) or _is_own(clues):
                return clues, words
            unsaid = best is None or (not best[0] and text.startswith(f"{report.mta} class "))
            if not settled and (clear or unsaid or (not (best and _tell(best[0])) and _tell(clues))):
                best, settled = (clues, words), clear
        return best or (list(self._matcher.codes(report, providers)), NO_WORDS)


def _texts(report: Report, reading: Reading | None) -> list[str]:
    """The server's words, then those of whoever reports; the whole human part where it is about one alone."""
    texts = [text for text in (report.diagnostic, report.text) if text]
    if "[" in report.text and _OUR_MARK in report.text:  # one character is found much faster
        texts.reverse()
    if reading is not None and len(reading.reports) == 1 and reading.text and not _names_cause(report):
        texts.append(reading.text)
    return texts


def _names_cause(report: Report) -> bool:
    """Whether the codes need no words of people: prose about a mail is full of misleading advice."""
    return report.status is not None and not report.status.endswith(".0")


def _is_own(clues: list[Clue]) -> bool:
    """Whether an operator's own words decide, in whichever text they stand."""
    if not clues or not clues[0].rule.own or clues[0].by_code:
        return False
    return clues[0].rule.group is not Group.DEAD or clues[0].rule.weight <= Weight.CLEAR


def _tell(clues: list[Clue]) -> bool:
    return any(clue.rule.group is not Group.UNKNOWN for clue in clues)


def _verdict(
    decisive: Clue, report: Report, clues: list[Clue], words: Words, conflicts: tuple[str, ...]
) -> Verdict:
    rule = decisive.rule
    about_the_mail = rule.group in (Group.BLOCK, Group.CONTENT)
    return Verdict(
        report.kind,
        rule.reason,
        rule.group,
        rule.id,
        decisive.matched,
        _confidence(decisive, clues, conflicts),
        conflicts,
        details.refused_by(report, rule),
        rule.part or words.part if about_the_mail else None,
        details.blocklist(clues) if about_the_mail else None,
        details.url(report),
    )


def _undetermined(report: Report, conflict: str) -> Verdict:
    """What might have declared a living address dead, and why it does not."""
    return Verdict(report.kind, Reason.UNDETERMINED, Group.UNKNOWN, "none", "", 0.0, (conflict,))


def _is_cut(reading: Reading | None) -> bool:
    """Whether the end is missing, and with it the report: half a sentence may say the opposite."""
    return reading is not None and _UNCLOSED in reading.defects and reading.original == NOTHING_RETURNED


def _no_bounce(clue: Clue, report: Report) -> Verdict:
    """Our own refusal that came back, or a provider that did not even try."""
    rule = clue.rule
    return Verdict(
        kind=rule.kind or Kind.OTHER,
        reason=None,
        group=None,
        rule=rule.id,
        matched=clue.matched,
        confidence=rule.confidence,
        refused_by=rule.refused_by,
        url=details.url(report),
    )


def _doubted(clue: Clue, clues: list[Clue], report: Report) -> bool:
    """Whether a clue that declares the address dead is outweighed: a living address lost costs more.

    A code alone never does when the words speak of something else: 550 5.1.1 "blocked by our policy" is a
    block; faint words are enough where none say that the address is dead. Words of anybody do not when they
    name the sender or a part of the mail: "unable to verify sender: user unknown". A provider's own words,
    unless they are a name as RecipNotFound, do not beside clear words of a refusal. Under a temporary
    code nothing does when anything else is spoken of: 450 4.1.1 "user unknown, try again later"; and the
    code itself does not where no word says so, for it says "for now" (RFC 3463 §2): 451 4.1.1 "no answer".
    """
    if clue.rule.group is not Group.DEAD:
        return False
    spoken = [other.rule for other in clues if not other.by_code]
    against = [rule for rule in spoken if rule.group not in _NOT_AGAINST_THE_ADDRESS]
    if _is_temporary(report):
        alone = clue.by_code and not any(rule.group is Group.DEAD for rule in spoken)
        return alone or bool(against) or report.status in _NOT_THE_ADDRESS or report.reply_code == _CLOSING
    if not against:
        return False
    plain = clue.rule.weight > Weight.PROVIDER or clue.rule.own or " " in clue.matched
    if plain and any(rule.part is not None for rule in against):
        return True
    clear = [rule.group for rule in against if rule.weight <= Weight.CLEAR]
    if not clue.by_code:
        return plain and any(group is not Group.TRANSPORT for group in clear)
    return bool(clear) or not any(rule.group is Group.DEAD for rule in spoken)


def _is_temporary(report: Report) -> bool:
    """RFC 5321 §4.2.1, RFC 3463 §2: the class digit; the enhanced code knows better."""
    return (report.status or report.reply_code or "").startswith("4")


def _conflicts(decisive: Clue, clues: list[Clue]) -> tuple[str, ...]:
    """What speaks for another group than the verdict's.

    Faint words and basic codes are no contradiction, nor is that a mail expired of what is told of it.
    """
    against = [
        clue
        for clue in clues
        if clue.rule.group is not decisive.rule.group
        and clue.rule.group is not Group.UNKNOWN
        and clue.rule.weight not in _NO_CONTRADICTION
        and clue.rule.reason is not Reason.DELIVERY_EXPIRED
    ]
    if not against:
        return ()
    said = (f"status {clue.matched}" if clue.by_code else f'text "{clue.matched}"' for clue in against)
    return tuple(f"{words} says {clue.rule.reason}" for words, clue in zip(said, against, strict=True))


def _class_contradicts(told: Clue, decisive: Clue) -> bool:
    """Whether a provider's class and the verdict differ in what they mean for the address.

    A class without a cause says only for good (`refused`) or for now (`undetermined`).
    """
    if decisive.rule.group is Group.UNKNOWN or told.rule.group is decisive.rule.group:
        return False
    if told.rule.group is not Group.UNKNOWN:
        return True
    return (told.rule.reason is Reason.REFUSED) is not (decisive.rule.group is Group.DEAD)


def _confidence(decisive: Clue, clues: list[Clue], conflicts: tuple[str, ...]) -> float:
    """The rule's own, raised when words and code agree, lowered by each conflict."""
    sure = decisive.rule.confidence
    for clue in clues:
        if (
            clue.by_code is not decisive.by_code
            and clue.rule.group is decisive.rule.group is not Group.UNKNOWN
        ):
            doubt = (1 - sure) * (1 - clue.rule.confidence / 2)
            sure = max(sure, min(1 - doubt, AGREEMENT_LIMIT))
            break
    return _lowered(sure, len(conflicts))


@cache
def _lowered(sure: float, conflicts: int) -> float:
    """Remembered: there are few of either, and to round takes long."""
    return round(sure * CONFLICT_DISCOUNT**conflicts, 2)
