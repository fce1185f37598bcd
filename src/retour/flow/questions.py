"""Questions about bounces, as people ask them: the data view, saved segments, waves, lists (E31-E32, E36)."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date
from functools import lru_cache

from retour.address import domain as normalised_domain
from retour.classify.shape import MASKS, shape
from retour.flow.suppressions import PROVIDERS
from retour.ports import Bounced, Segments, Sought

MOST_OF_A_FIELD = 300  # characters
ROLLED_AT_ONCE = 5000  # events that a count adds to the roll-ups before it counts
_PAGE = 1000
_shape = lru_cache(20_000)(shape)  # servers say the same thing again and again
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Question:
    """Which bounces are meant; None means all. All conditions hold of one bounce."""

    text: str | None = None
    code: str | None = None
    reason: str | None = None
    type: str | None = None
    campaign: str | None = None
    domain: str | None = None
    provider: str | None = None
    since: str | None = None
    until: str | None = None

    def told(self) -> dict[str, str]:
        """The conditions alone: two questions that mean the same tell the same."""
        return {name: value for name, value in asdict(self).items() if value is not None}


NAMES = tuple(field.name for field in fields(Question))


@dataclass(frozen=True, slots=True)
class Wrong:
    """A condition that cannot be understood: `fault` is a code under [question] in texts/segments.*.toml."""

    field: str
    fault: str


def sought(question: Question) -> Sought | Wrong:
    """What is looked for, or the first condition that makes no sense."""
    for name, value in question.told().items():
        if not value.strip() or len(value) > MOST_OF_A_FIELD:
            return Wrong(name, "empty_or_long")
    words = None if question.text is None else shape(question.text)
    if words is not None and not set(words.split()) - MASKS:
        return Wrong("text", "no_words")
    domains = _domains(question)
    if isinstance(domains, Wrong):
        return domains
    days: list[int | None] = []
    for name, written in (("since", question.since), ("until", question.until)):
        day = None if written is None else _day(written)
        if written is not None and day is None:
            return Wrong(name, "no_date")
        days.append(day)
    if days[0] is not None and days[1] is not None and days[0] > days[1]:
        return Wrong("since", "turned_round")
    facts = (question.code, question.reason, question.type, question.campaign)
    return Sought(words, *facts, domains, *days)


def _domains(question: Question) -> frozenset[str] | Wrong | None:
    told: frozenset[str] | None = None
    if question.provider is not None:
        if question.provider not in PROVIDERS:
            return Wrong("provider", "no_provider")
        told = frozenset(PROVIDERS[question.provider])
    if question.domain is not None:
        named = normalised_domain(question.domain.removeprefix("@"))
        if named is None:
            return Wrong("domain", "no_domain")
        told = frozenset({named}) if told is None else told & {named}
    return told


def _day(text: str) -> int | None:
    """The UTC day of a date, since 1970."""
    try:
        return (date.fromisoformat(text) - _EPOCH).days
    except ValueError:
        return None


def roll(segments: Segments) -> int:
    """Add a piece of what happened since to the roll-ups; how many events were looked at."""
    return segments.roll(ROLLED_AT_ONCE, _shape)


def counted(account: str, wanted: Sought, segments: Segments) -> int:
    """How many bounces are meant, the newest with them. Raises KeyError for an unknown account."""
    roll(segments)
    return segments.count(account, wanted)


def all_of(account: str, wanted: Sought, segments: Segments) -> Iterator[list[Bounced]]:
    """Every bounce that is meant, page by page, the latest day first."""
    while roll(segments):
        pass
    after: str | None = None
    while page := segments.page(account, wanted, _PAGE, after):
        yield page
        after = page[-1].cursor
