"""Presets, and policies written as overrides of one: what an account's settings say, checked key by key."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from retour.lifecycle.policy import Counting, Mode, Policy, PolicyError, TypeRule
from retour.model import Reason

_Entry = TypeVar("_Entry", TypeRule, int)

_ENHANCED_CODE = re.compile(r"[245]\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})")  # RFC 3463 §2

_RANGES: Mapping[str, range] = {
    "hard_threshold": range(1, 4),
    "soft_threshold": range(1, 51),
    "block_threshold": range(51),
    "within_days": range(1, 731),
    "min_days": range(731),
    "reset_after": range(36_501),  # a bound of ours: a hundred years
    "max_reactivations": range(11),
    "reset_growth": range(1, 5),
}

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "counting": tuple(Counting),
    "complaint_stops": ("all", "marketing"),
    "platform_stops": ("obey", "ignore"),
    "corrections": ("confirm", "trust"),
    "mode": tuple(Mode),
}


def preset(name: str) -> Policy:
    """The policy of a preset: "default", "kwiga" or "emarsys". Raises PolicyError for another name."""
    if name not in preset_names():
        raise PolicyError("preset", "not_one_of", value=name, allowed=preset_names())
    return _presets()[name]


def preset_names() -> tuple[str, ...]:
    """The presets that there are, the default first."""
    return tuple(_presets())


@cache
def _presets() -> Mapping[str, Policy]:
    tables = tomllib.loads((files("retour.lifecycle") / "presets.toml").read_text("utf-8"))
    return {name: _overridden(Policy(preset=name), settings) for name, settings in tables.items()}


def policy_from(mapping: Mapping[str, Any], base: Policy | None = None) -> Policy:
    """The policy that a mapping of settings makes of `base` (None: the default preset).

    A `preset` in the mapping is loaded first, instead of the base. Maps are merged key by key, where "none"
    removes a key; lists replace. Raises PolicyError at the first setting that cannot be.
    """
    overrides = dict(mapping)
    if "preset" in overrides:
        base = preset(overrides.pop("preset"))
    policy = _overridden(preset("default") if base is None else base, overrides)
    if policy.min_days > policy.within_days:
        key = "within_days" if "within_days" in mapping and "min_days" not in mapping else "min_days"
        raise PolicyError(key, "span_exceeds_window", value=policy.min_days, within=policy.within_days)
    return policy


def policy_to_dict(policy: Policy) -> dict[str, Any]:
    """All settings as plain values for JSON or TOML; `policy_from` makes the same policy of them."""
    plain = {field.name: _plain(getattr(policy, field.name)) for field in fields(policy)}
    beneath = preset(policy.preset)
    for key in ("types", "threshold_by_reason"):
        removed = getattr(beneath, key).keys() - getattr(policy, key).keys()
        plain[key] |= {reason.value: "none" for reason in Reason if reason in removed}
    return plain


def _plain(value: Any) -> Any:
    match value:
        case StrEnum():
            return value.value
        case frozenset():
            return sorted(value)
        case Mapping():
            return {reason.value: _plain(value[reason]) for reason in Reason if reason in value}
        case _:
            return value


def _overridden(base: Policy, overrides: Mapping[str, Any]) -> Policy:
    settings = {}
    for key, value in overrides.items():
        reader = _READERS.get(key)
        if reader is None:
            raise PolicyError(key, "unknown_setting", value=key, allowed=("preset", *_READERS))
        settings[key] = reader(key, value, base)
    return replace(base, **settings)


def _whole(key: str, value: object, base: Policy) -> int:
    return _within(key, value, _RANGES[key])


def _within(key: str, value: object, allowed: range) -> int:
    if not isinstance(value, int) or isinstance(value, bool):  # True is no number of days
        raise PolicyError(key, "not_whole", value=value, low=allowed[0], high=allowed[-1])
    if value not in allowed:
        raise PolicyError(key, "out_of_range", value=value, low=allowed[0], high=allowed[-1])
    return value


def _choice(key: str, value: object, base: Policy) -> str:
    if not isinstance(value, str) or value not in _CHOICES[key]:
        raise PolicyError(key, "not_one_of", value=value, allowed=_CHOICES[key])
    kinds: Mapping[str, type[StrEnum]] = {"counting": Counting, "mode": Mode}
    return kinds[key](value) if key in kinds else value


def _types(key: str, value: object, base: Policy) -> Mapping[Reason, TypeRule]:
    def type_rule(key: str, value: object) -> TypeRule:
        if not isinstance(value, str) or value not in tuple(TypeRule):
            raise PolicyError(key, "not_one_of", value=value, allowed=(*TypeRule, "none"))
        return TypeRule(value)

    return _merged(key, value, base.types, type_rule)


def _thresholds(key: str, value: object, base: Policy) -> Mapping[Reason, int]:
    return _merged(key, value, base.threshold_by_reason, lambda key, value: _within(key, value, range(51)))


def _merged(
    key: str, value: object, base: Mapping[Reason, _Entry], read: Callable[[str, object], _Entry]
) -> Mapping[Reason, _Entry]:
    if not isinstance(value, Mapping):
        raise PolicyError(key, "not_a_map", value=value)
    merged = dict(base)
    for name, entry in value.items():
        if not isinstance(name, str) or name not in tuple(Reason):
            raise PolicyError(f"{key}.{name}", "unknown_reason", value=name, allowed=tuple(Reason))
        if entry == "none":
            merged.pop(Reason(name), None)
        else:
            merged[Reason(name)] = read(f"{key}.{name}", entry)
    return merged


def _codes(key: str, value: object, base: Policy) -> frozenset[str]:
    codes = _texts(key, value)
    for code in codes:
        if not is_enhanced_code(code):
            raise PolicyError(key, "not_a_code", value=code)
    return codes


def is_enhanced_code(text: str) -> bool:
    """Whether a text has the form of an enhanced status code: "4.4.7"."""
    return _ENHANCED_CODE.fullmatch(text) is not None


def _addresses(key: str, value: object, base: Policy) -> frozenset[str]:
    """Normalised addresses and domains; a domain may be written "b.example" or "@b.example"."""
    found = set()
    for entry in _texts(key, value):
        from retour import address  # with what hashes addresses it is large, and few policies name one

        name = entry.removeprefix("@")
        normal = address.normalise(name) if "@" in name else address.domain(name)
        if normal is None or "." not in normal.rpartition("@")[2]:  # a word alone is rather a slip
            raise PolicyError(key, "not_an_address", value=entry)
        found.add(normal)
    return frozenset(found)


def _texts(key: str, value: object) -> frozenset[str]:
    if not isinstance(value, list | tuple | set | frozenset) or not all(isinstance(v, str) for v in value):
        raise PolicyError(key, "not_a_list", value=value)
    return frozenset(value)


_READERS: Mapping[str, Callable[[str, Any, Policy], Any]] = {
    "types": _types,
    "threshold_by_reason": _thresholds,
    "uncounted_codes": _codes,
    "never_stop": _addresses,
    **dict.fromkeys(_RANGES, _whole),
    **dict.fromkeys(_CHOICES, _choice),
}
