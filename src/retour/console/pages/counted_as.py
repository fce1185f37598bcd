"""What the settings made of a bounce (N1): the version in force, what its reason counts as, and the one
sentence of the rule that counts it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from retour.console.asking import Answer, Api
from retour.console.pages.settings_told import Settings, for_type, named, uncounted, value
from retour.console.reader import Reader
from retour.texts import catalogue


class CountedAs(NamedTuple):
    """In words."""

    version: int
    counts: str  # "hard, once confirmed after a day"
    rule: str


def counted_as(api: Api, event: Answer, who: Reader) -> CountedAs | None:
    """None for what is no bounce or is not proven: no setting looks at it."""
    if event["kind"] != "bounce" or event["standing"] != "proven" or not event["reason"]:
        return None
    found = _in_force(api, str(event["at"]))
    settings: Settings = found["settings"]
    counts = value("types", settings["types"].get(event["reason"], "none"), who.say)
    return CountedAs(found["version"], counts, _rule(settings, event, who))


def _in_force(api: Api, at: str) -> Mapping[str, Any]:
    """The version at that time. The first is in force before its own time, too."""
    versions: list[Mapping[str, Any]] = api.get("/v1/policy/versions")["versions"]
    return next((each for each in reversed(versions) if str(each["at"]) <= at), versions[0])


def _rule(settings: Settings, event: Answer, who: Reader) -> str:
    reason = event["reason"]
    if event["status"] in settings["uncounted_codes"]:
        return uncounted(settings, who.say)
    if settings["threshold_by_reason"].get(reason, "none") != "none":
        return named(reason, settings["threshold_by_reason"][reason], who)
    if event["type"] is None or reason == "undetermined":  # the latter never counts (lifecycle rule 2)
        return named(reason, 0, who)
    return for_type(str(event["type"]), settings, who.say)


def meaning_of(status: str, who: Reader) -> str:
    """What an enhanced code stands for: its own meaning, else that of its subject (RFC 3463 §2)."""
    say = catalogue(who.language)
    _, subject, detail = status.split(".")
    keys = (f"code.{subject}-{detail}", f"code_subject.{subject}", "code_subject.other")
    return say(next(key for key in keys if key in say))
