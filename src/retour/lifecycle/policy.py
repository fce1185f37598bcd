"""An account's policy: what counts, how often, and what it leads to. Versioned; presets are data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from retour.instants import Instant
from retour.lifecycle.wording import say
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
    mode: Mode = Mode.ENFORCE
    never_stop: frozenset[str] = frozenset()  # normalised addresses, or domains


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy in force from `at` on, until the next version."""

    number: int  # 1, 2, 3 … within the account
    at: Instant
    policy: Policy
    author: str = ""


class PolicyError(ValueError):
    """A setting that cannot be. `key` names it ("types.mailbox_full"), `reason` what is wrong with it,
    `remedy` what to write instead; `told(lang)` says all three to a person."""

    def __init__(self, key: str, code: str, **details: object) -> None:
        self.key = key
        self.code = code  # stable identifier: "out_of_range", "not_one_of" ...
        self.details = {name: _shown(detail) for name, detail in details.items()}
        super().__init__(self.told())

    @property
    def reason(self) -> str:
        """What is wrong, in English."""
        return say(f"policy.{self.code}.reason", key=self.key, **self.details)

    @property
    def remedy(self) -> str:
        """What to do, in English."""
        return say(f"policy.{self.code}.remedy", key=self.key, **self.details)

    def told(self, lang: str = "en") -> str:
        """Key, reason and remedy as one line in the reader's language."""
        reason, remedy = (
            say(f"policy.{self.code}.{part}", lang, key=self.key, **self.details)
            for part in ("reason", "remedy")
        )
        return f"{self.key}: {reason}; {remedy}"


def _shown(detail: object) -> str:
    """A detail as a message shows it: choices joined by commas, texts in quotes, what is long cut."""
    if isinstance(detail, tuple):
        return ", ".join(map(str, detail))
    shown = f'"{detail}"' if isinstance(detail, str) else str(detail)
    return shown if len(shown) <= 80 else shown[:79] + "…"
