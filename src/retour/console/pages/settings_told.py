"""A policy in words: the rule in force as sentences, and what one version changed of the one before."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from retour.console.reader import Reader
from retour.texts import Catalogue, catalogue

Settings = Mapping[str, Any]
NUMBERS = (
    "hard_threshold", "soft_threshold", "block_threshold", "within_days", "min_days", "reset_after",
    "max_reactivations", "reset_growth",
)  # fmt: skip
CHOICES = {
    "counting": ("windowed", "cumulative", "consecutive"),
    "complaint_stops": ("marketing", "all"),
    "platform_stops": ("obey", "ignore"),
    "mode": ("enforce", "observe"),
}
TYPES = ("hard", "hard_confirmed", "soft", "block", "ignore", "none")


class Changed(NamedTuple):
    """One setting, before and after, in words."""

    name: str
    before: str
    after: str


def rule(settings: Settings, who: Reader) -> list[str]:
    """The rule of a policy: what stops an address, what brings it back, what else holds."""
    say = who.say
    told = [*(for_type(type, settings, say) for type in ("hard", "soft", "block")), *_named(settings, who)]
    if settings["uncounted_codes"]:
        told.append(uncounted(settings, say))
    told.append(_reset(settings, say))
    told += [say(f"rule.{name}_{settings[name]}") for name in ("complaint_stops", "platform_stops")]
    if settings["mode"] == "observe":
        told.append(say("rule.observe"))
    return told


def for_type(type: str, settings: Settings, say: Catalogue) -> str:
    """What so many bounces of a type ("hard", "soft", "block") do."""
    return {"hard": _hard, "soft": _soft, "block": _block}[type](settings, say)


def uncounted(settings: Settings, say: Catalogue) -> str:
    """Which codes count nothing."""
    return say("rule.uncounted", codes=", ".join(settings["uncounted_codes"]))


def named(reason: str, number: int, who: Reader) -> str:
    """What a reason does that has a threshold of its own; 0: it never counts."""
    told = catalogue(f"status.{who.language}")(f"label.{reason}")
    return who.say("rule.named" if number else "rule.named_never", reason=told, number=number)


def _hard(settings: Settings, say: Catalogue) -> str:
    number = settings["hard_threshold"]
    return say("rule.hard_one") if number == 1 else say("rule.hard", number=number)


def _soft(settings: Settings, say: Catalogue) -> str:
    number, counting = settings["soft_threshold"], settings["counting"]
    slides = counting == "windowed" and settings["min_days"]
    if number == 1 and not slides:
        return say("rule.soft_one")
    key = f"rule.soft_{counting}{'_apart' if slides else ''}{'_one' if number == 1 else ''}"
    return say(key, number=number, days=settings["within_days"], apart=settings["min_days"])


def _block(settings: Settings, say: Catalogue) -> str:
    number = settings["block_threshold"]
    return say("rule.block", number=number) if number else say("rule.block_never")


def _named(settings: Settings, who: Reader) -> Iterator[str]:
    """Reasons with a threshold of their own."""
    for reason, number in settings["threshold_by_reason"].items():
        if number != "none":
            yield named(reason, number, who)


def _reset(settings: Settings, say: Catalogue) -> str:
    days, most, growth = (settings[name] for name in ("reset_after", "max_reactivations", "reset_growth"))
    if not days or not most:
        return say("rule.reset_never")
    key = "rule.reset_growing" if growth > 1 and most > 1 else "rule.reset"
    return say(key, days=days, most=most, growth=growth)


def changes(before: Settings, after: Settings, who: Reader) -> list[Changed]:
    """Every setting that differs, in the order of the form."""
    say = who.say
    found = [
        Changed(say(f"setting.{name}"), value(name, before[name], say), value(name, after[name], say))
        for name in ("preset", *NUMBERS, *CHOICES, "uncounted_codes", "never_stop")
        if before[name] != after[name]
    ]
    label = catalogue(f"status.{who.language}")
    for name, key in (("types", "settings.counts_as"), ("threshold_by_reason", "settings.own_threshold")):
        for reason in sorted(before[name].keys() | after[name].keys()):
            old, new = (each[name].get(reason, "none") for each in (before, after))
            if old != new:
                told = f"{label(f'label.{reason}')}: {say(key)}"
                found.append(Changed(told, value(name, old, say), value(name, new, say)))
    return found


def value(name: str, found: object, say: Catalogue) -> str:
    """A value of a setting in words."""
    if isinstance(found, list):
        return ", ".join(map(str, found)) or "–"
    if name in CHOICES:
        return say(f"choice.{name}_{found}")
    if name == "preset":
        return say(f"preset.{found}")
    if name == "types":
        return say(f"counts.{found}")
    if found == "none":
        return say("settings.as_type")
    if found == 0 and name in ("reset_after", "block_threshold", "threshold_by_reason"):
        return say("settings.never")
    return str(found)
