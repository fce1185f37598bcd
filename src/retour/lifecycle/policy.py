"""An account's policy: what counts, how often, and what it leads to. Versioned; presets are data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from retour.instants import Instant
from retour.lifecycle.wording import UnreadableError
from retour.model import Reason


class TypeRule(StrEnum):
    """What a reason counts as: a type, nothing at all, or hard only once confirmed (lifecycle rule 2)."""

    HARD = "hard"
    SOFT = "soft"
    BLOCK = "block"
    IGNORE = "ignore"
    HARD_CONFIRMED = "hard_confirmed"


class Counting(StrEnum):
    """How bounces add up (lifecycle rule 3)."""

    CUMULATIVE = "cumulative"
    CONSECUTIVE = "consecutive"
    WINDOWED = "windowed"


class Mode(StrEnum):
    """Whether the check acts on what was decided, or only shows it."""

    ENFORCE = "enforce"
    OBSERVE = "observe"


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings of one version. Periods are in days; a threshold of 0 means never.

    Made by `preset` and `policy_from`. A reason that has no type is recorded only, as under `ignore`.
    """

    preset: str = "default"
    types: Mapping[Reason, TypeRule] = field(default_factory=dict)
    hard_threshold: int = 1
    soft_threshold: int = 4
    block_threshold: int = 0
    threshold_by_reason: Mapping[Reason, int] = field(default_factory=dict)
    counting: Counting = Counting.WINDOWED
    within_days: int = 180
    min_days: int = 7
    uncounted_codes: frozenset[str] = frozenset()
    reset_after: int = 0
    max_reactivations: int = 3
    reset_growth: int = 2
    complaint_stops: str = "marketing"  # or "all"
    platform_stops: str = "obey"  # or "ignore"
    corrections: str = "confirm"  # a corrected address is held until its contact confirms; or "trust"
    mode: Mode = Mode.ENFORCE
    never_stop: frozenset[str] = frozenset()  # normalised addresses, or domains


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy in force from `at` on, until the next version."""

    number: int  # 1, 2, 3 … within the account
    at: Instant
    policy: Policy
    author: str = ""


Span = tuple[Instant, Instant]
"""From a moment on, up to before another."""

ALWAYS: Instant = 1 << 62  # later than any time


def ignoring(versions: Sequence[PolicyVersion]) -> list[Span]:
    """When stops of the platform were ignored: those of that time have no effect, also later (rule 7)."""
    found: list[Span] = []
    begin = -ALWAYS  # the first version is in force before its time, too
    for version, following in zip(versions, (*versions[1:], None), strict=True):
        end = ALWAYS if following is None else following.at
        if version.policy.platform_stops == "ignore":
            found.append((begin, end))
        begin = end
    return found


class PolicyError(UnreadableError):
    """A setting that cannot be; `key` names it, below a map as in "types.mailbox_full"."""

    def __init__(self, key: str, code: str, **details: object) -> None:
        super().__init__(key, f"policy.{code}", **details)
