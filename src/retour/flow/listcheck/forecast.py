"""The bounce rate to be expected of what is kept of a list, with an interval (N14): from what happened to
the account's own mail at the same domains.

Each domain has its own rate, drawn towards the account's as far as little is known of it, and the account's
towards general experience (a beta prior at both steps). The interval is of that uncertainty and of chance
together. That an old list is worse than the account's own mail it cannot know.
"""

from collections.abc import Mapping
from math import sqrt
from typing import Any

from retour.flow.listcheck.history import Rates

GENERAL = {"hard": 0.02, "soft": 0.01}  # where an account has no history: cleaned lists bounce below 2 %
_STRENGTH = 200  # addresses that general experience counts as
_OF_DOMAIN = 50  # addresses that the account's rate counts as at one domain
_FEW = 500  # addresses with a history, below which it is hardly one
_SIGMAS = 1.96  # 95 of 100


def forecast_of(kept: Mapping[str, int], rates: Rates | None) -> Mapping[str, Any] | None:
    """What to expect of addresses by domain; None of no addresses."""
    addresses = sum(kept.values())
    if not addresses:
        return None
    told = rates or Rates({}, {}, {})
    known = sum(told.delivered.values()) + sum(told.hard.values()) + sum(told.soft.values())
    return {
        "addresses": addresses,
        "known": known,
        "basis": "general" if rates is None else "own" if known >= _FEW else "few",
        "hard": _rate(kept, told, told.hard, "hard"),
        "soft": _rate(kept, told, told.soft, "soft"),
    }


def _rate(kept: Mapping[str, int], told: Rates, bounced: Mapping[str, int], kind: str) -> Mapping[str, float]:
    total = sum(told.delivered.values()) + sum(told.hard.values()) + sum(told.soft.values())
    account = (sum(bounced.values()) + GENERAL[kind] * _STRENGTH) / (total + _STRENGTH)
    addresses, expected, spread = sum(kept.values()), 0.0, 0.0
    for domain, rows in kept.items():
        seen = told.delivered.get(domain, 0) + told.hard.get(domain, 0) + told.soft.get(domain, 0)
        alpha = bounced.get(domain, 0) + account * _OF_DOMAIN
        weight = seen + _OF_DOMAIN
        rate = alpha / weight
        expected += rows * rate
        spread += rows * rows * rate * (1 - rate) / (weight + 1) + rows * rate * (1 - rate)
    mean = expected / addresses
    of_account = account * (1 - account) / (min(total, _STRENGTH * 50) + _STRENGTH + 1)
    deviation = sqrt(spread / addresses**2 + of_account)
    low, high = max(0.0, mean - _SIGMAS * deviation), min(1.0, mean + _SIGMAS * deviation)
    return {"rate": round(mean, 6), "low": round(low, 6), "high": round(high, 6)}
