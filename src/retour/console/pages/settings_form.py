"""The form of the settings: from a version to fields, and from what was sent to the settings that differ."""

from collections.abc import Mapping
from typing import Any

from retour.console.pages.settings_told import CHOICES, NUMBERS, TYPES, Settings
from retour.console.reader import Reader
from retour.lifecycle import policy_from, policy_to_dict, preset, preset_names
from retour.model import Reason
from retour.texts import catalogue

# The least and the most of each number, as the API takes them.
RANGES = {
    "hard_threshold": (1, 3), "soft_threshold": (1, 50), "block_threshold": (0, 50), "within_days": (1, 730),
    "min_days": (0, 730), "reset_after": (0, 36_500), "max_reactivations": (0, 10), "reset_growth": (1, 4),
}  # fmt: skip


def values(settings: Settings) -> dict[str, str]:
    """What the fields hold for a version."""
    told = {name: str(settings[name]) for name in ("preset", *NUMBERS, *CHOICES)}
    told["uncounted_codes"] = " ".join(settings["uncounted_codes"])
    for reason in Reason:
        told[f"type.{reason}"] = settings["types"].get(reason.value, "none")
        own = settings["threshold_by_reason"].get(reason.value, "none")
        told[f"own.{reason}"] = "" if own == "none" else str(own)
    return told


def of_preset(name: str, current: Settings) -> Settings:
    """A preset as a version would have it; who is never stopped stays so. The current one where none is."""
    if name not in preset_names():
        return current
    return policy_to_dict(preset(name)) | {"never_stop": current["never_stop"]}


def wanted(sent: Mapping[str, str], current: Settings) -> dict[str, Any]:
    """The settings that were sent and differ from those in force; a changed preset is their ground."""
    name = sent.get("preset", current["preset"])
    ground = current if name == current["preset"] else of_preset(name, current)
    found: dict[str, Any] = {}
    if name != current["preset"]:
        found |= {"preset": name, "never_stop": current["never_stop"]}
    for key in (*NUMBERS, *CHOICES):
        told = _whole(sent.get(key, "")) if key in NUMBERS else sent.get(key, "")
        if told not in ("", ground[key]):
            found[key] = told
    codes = sorted(set(sent.get("uncounted_codes", "").replace(",", " ").split()))
    if codes != ground["uncounted_codes"]:
        found["uncounted_codes"] = codes
    return found | _by_reason(sent, ground)


def _by_reason(sent: Mapping[str, str], ground: Settings) -> dict[str, Any]:
    types, own = {}, {}
    for reason in Reason:
        type_ = sent.get(f"type.{reason}", "")
        if type_ and type_ != ground["types"].get(reason.value, "none"):
            types[reason.value] = type_
        if f"own.{reason}" in sent:
            number = _whole(sent[f"own.{reason}"]) if sent[f"own.{reason}"].strip() else "none"
            if number != ground["threshold_by_reason"].get(reason.value, "none"):
                own[reason.value] = number
    return {name: told for name, told in (("types", types), ("threshold_by_reason", own)) if told}


def _whole(text: str) -> int | str:
    """A whole number; what is none goes to the API as it is, which says so."""
    try:
        return int(text)
    except ValueError:
        return text.strip()


def after(settings: Mapping[str, Any], before: Settings) -> Settings:
    """The version that settings make of one; the same the API would make."""
    return policy_to_dict(policy_from(settings, policy_from(dict(before))))


def fields(told: Mapping[str, str], fault: str | None, who: Reader) -> dict[str, list[dict[str, Any]]]:
    """What the template draws: numbers, choices and the table of reasons, each with its value and words."""
    say = who.say
    label = catalogue(f"status.{who.language}")
    numbers = [
        {"name": name, "value": told.get(name, ""), "low": low, "high": high, "wrong": fault == name}
        for name, (low, high) in RANGES.items()
    ]
    choices = [
        {
            "name": name,
            "value": told.get(name, ""),
            "of": [(each, say(f"choice.{name}_{each}")) for each in of],
        }
        for name, of in CHOICES.items()
    ]
    reasons = [
        {
            "name": reason.value, "label": label(f"label.{reason}"), "type": told.get(f"type.{reason}", ""),
            "own": told.get(f"own.{reason}", ""),
            "wrong": fault in (f"types.{reason}", f"threshold_by_reason.{reason}"),
        }
        for reason in Reason
    ]  # fmt: skip
    types = [{"name": each, "label": say(f"counts.{each}")} for each in TYPES]
    return {"numbers": numbers, "choices": choices, "reasons": reasons, "types": types}
