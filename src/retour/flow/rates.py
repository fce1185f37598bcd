"""How much bounces, against the limits that providers set, and what happens if one goes on (K22-K24).

Rates are read from what was counted as it happened; no bounce is looked at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from retour.instants import DAY, Instant, text, utc_day
from retour.ports import Rate, Rated, RateQuery, Rates
from retour.texts import catalogue

LIMITS = (0.02, 0.05, 0.10)  # where providers begin to look, to throttle, and to refuse
NORM: Instant = 30 * DAY
ENOUGH = 100  # sends from which a rate says something
_BOUNCES = (Rated.HARD, Rated.SOFT, Rated.BLOCK)
_AVOIDED = (Rated.BY_RELAY, Rated.BY_POLICY, Rated.BY_CHECK)


class By(StrEnum):
    """What a rate is told apart by."""

    TOTAL = "total"
    PROVIDER = "provider"
    CAMPAIGN = "campaign"
    DAY = "day"


class Level(StrEnum):
    """What a rate means; keys of texts."""

    UNKNOWN = "unknown"  # nobody told what was sent or delivered
    FEW = "few"  # too few for a judgement
    GOOD = "good"
    WATCH = "watch"
    HIGH = "high"
    STOP = "stop"


@dataclass(slots=True)
class Figures:
    """Counts of one place, and the rates that they make."""

    counts: dict[Rated, int] = field(default_factory=lambda: dict.fromkeys(Rated, 0))

    @property
    def bounces(self) -> int:
        """The numerator: failures of all types."""
        return sum(self.counts[kind] for kind in _BOUNCES)

    @property
    def avoided(self) -> int:
        """Sends that were spared, by all ways."""
        return sum(self.counts[kind] for kind in _AVOIDED)

    @property
    def attempts(self) -> int | None:
        """The denominator: sends that were registered, or deliveries and bounces where these are more.

        None where neither a send nor a delivery was told: a rate of bounces alone would be 100 %.
        """
        sent, delivered = self.counts[Rated.SENT], self.counts[Rated.DELIVERED]
        return max(sent, delivered + self.bounces) if sent or delivered else None

    @property
    def basis(self) -> str | None:
        """Which of them the denominator is."""
        if self.attempts is None:
            return None
        return "sent" if self.attempts == self.counts[Rated.SENT] else "told"

    @property
    def rate(self) -> float | None:
        """Bounces of all types to attempts; None without attempts."""
        return self.bounces / self.attempts if self.attempts else None

    @property
    def hard_rate(self) -> float | None:
        """The same of hard bounces alone."""
        return self.counts[Rated.HARD] / self.attempts if self.attempts else None

    @property
    def without(self) -> float | None:
        """What the rate would be, had nothing been spared and each of these bounced."""
        if self.attempts is None:
            return None
        return (self.bounces + self.avoided) / (self.attempts + self.avoided)

    @property
    def level(self) -> Level:
        """What the rate means."""
        if self.rate is None:
            return Level.UNKNOWN
        if (self.attempts or 0) < ENOUGH:
            return Level.FEW
        return (Level.GOOD, Level.WATCH, Level.HIGH, Level.STOP)[sum(self.rate >= limit for limit in LIMITS)]


@dataclass(frozen=True, slots=True)
class Row:
    """One provider, campaign or day, beside its own norm of the thirty days before."""

    of: str
    figures: Figures
    norm: Figures


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom, of which whole UTC days, and told apart by what; a provider or campaign alone if named."""

    account: str
    since: Instant
    until: Instant
    by: By = By.TOTAL
    provider: str | None = None
    campaign: str | None = None

    def query(self, since: Instant, until: Instant) -> RateQuery:
        """The counts of a time, as they are told apart here."""
        apart = (self.by is By.DAY, self.by is By.PROVIDER, self.by is By.CAMPAIGN)
        return RateQuery(self.account, since, until, *apart, self.provider, self.campaign)

    def place(self, rate: Rate) -> str:
        """The row that a count belongs to."""
        match self.by:
            case By.PROVIDER:
                return rate.provider
            case By.CAMPAIGN:
                return rate.campaign
            case By.DAY:
                return text(rate.day * DAY)[:10]
            case By.TOTAL:
                return ""


def rated(asked: Asked, rates: Rates) -> list[Row]:
    """The rows: days in their order, all else by attempts. Raises KeyError for an unknown account."""
    begin = utc_day(asked.since) * DAY
    now = _figures(asked, rates.of(asked.query(begin, asked.until)))
    before = asked if asked.by is not By.DAY else replace(asked, by=By.TOTAL)
    norms = _figures(before, rates.of(before.query(begin - NORM, begin - 1)))
    if asked.by is By.TOTAL:
        now.setdefault("", Figures())
    rows = [
        Row(of, figures, norms.get(of if asked.by is not By.DAY else "", Figures()))
        for of, figures in now.items()
    ]
    return sorted(rows, key=_by_day if asked.by is By.DAY else _by_size)


def _figures(asked: Asked, counted: Iterable[Rate]) -> dict[str, Figures]:
    found: dict[str, Figures] = {}
    for rate in counted:
        found.setdefault(asked.place(rate), Figures()).counts[rate.kind] += rate.times
    return found


def _by_day(row: Row) -> tuple[int, str]:
    return 0, row.of


def _by_size(row: Row) -> tuple[int, str]:
    return -(row.figures.attempts or row.figures.bounces), row.of


def in_words(row: Row, language: str) -> str:
    """What the rate is, and what happens if one goes on."""
    words, figures = catalogue(f"rates.{language}"), row.figures
    rate, attempts = figures.rate, figures.attempts
    counts = {"bounces": figures.bounces, "attempts": attempts or 0}
    told = {name: grouped(count, language) for name, count in counts.items()}
    told["rate"] = percent(rate, language)
    said = [words(f"level.{figures.level}", **told)]
    norm = row.norm.rate
    if rate is not None and norm is not None and figures.level is not Level.FEW and rate >= 2 * norm > 0:
        said.append(words("norm.above", times=f"{rate / norm:.0f}", norm=percent(norm, language)))
    return " ".join(said)


def grouped(count: int, language: str) -> str:
    """A number as people write it: 46,364 or 46.364."""
    return f"{count:,}".replace(",", "." if language == "de" else ",")


def percent(rate: float | None, language: str) -> str:
    """A rate with one decimal, and more where that would make it reach a limit; "-" without a rate."""
    if rate is None:
        return "-"
    digits = 1
    while any(rate < limit <= round(rate, digits + 2) for limit in LIMITS):
        digits += 1
    told = f"{100 * rate:.{digits}f}"
    return f"{told} %".replace(".", ",") if language == "de" else f"{told} %"


def total(rows: Sequence[Row]) -> Figures:
    """All rows together."""
    found = Figures()
    for row in rows:
        for kind, times in row.figures.counts.items():
            found.counts[kind] += times
    return found
