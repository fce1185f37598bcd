"""A value in the address of a page that makes no sense: which filter, what stands there, and what to do."""

from collections.abc import Mapping
from typing import NamedTuple

from django.http import HttpRequest

from retour.client.connection import Refused
from retour.console import days

DAYS = ("since", "until")
PROBLEM = "/problems/invalid"
# What the API calls otherwise than the page does.
_NAMES = {"status": "state"}


class Told(NamedTuple):
    """What is wrong, and what to do."""

    title: str
    remedy: str


def told(request: HttpRequest, error: Refused, who: days.Reads) -> Told | None:
    """None where the API says it better, or nothing in the address is at fault."""
    if request.method != "GET" or error.type != PROBLEM or not error.field:
        return None
    name = next((each for each in (error.field, _NAMES.get(error.field, "")) if request.GET.get(each)), None)
    if name is None:
        return None
    value = request.GET[name][:100]
    if name in DAYS:
        return _of_day(request, value, who)
    if f"filter.{name}" not in who.say:
        return Told(who.say("refused.no_page"), who.say("refused.no_page_help"))
    label = who.say(f"filter.{name}")
    return Told(who.say("refused.no_value", name=label, value=value), who.say("refused.no_value_help"))


def day_of_form(sent: Mapping[str, str], who: days.Reads) -> Refused | None:
    """The first day of a form that is none, before the API is asked, which would ask for a moment."""
    for name in DAYS:
        value = sent.get(name, "")[:100]
        if value and days.read_day(value) is None:
            return _no_day(name, value, who)
    return turned_round(sent, who)


def turned_round(sent: Mapping[str, str], who: days.Reads) -> Refused | None:
    """The first day after the last. The API could not tell: it is asked for what lies between midnights."""
    since, until = (days.read_day(sent.get(name, "")) for name in DAYS)
    if since is None or until is None or since <= until:
        return None
    told = {"detail": who.say("refused.turned_round"), "remedy": who.say("refused.turned_round_help")}
    return Refused(422, {"type": PROBLEM, "field": "since", **told})


def _no_day(name: str, value: str, who: days.Reads) -> Refused:
    told = {
        "detail": who.say("refused.no_day", value=value),
        "remedy": who.say("refused.no_day_help", example=days.written("2026-05-03", who)),
    }
    return Refused(422, {"type": PROBLEM, "field": name, **told})


def _of_day(request: HttpRequest, value: str, who: days.Reads) -> Told:
    since, until = (days.read_day(request.GET.get(name, "")) for name in DAYS)
    if days.read_day(value) is None:
        example = days.written("2026-05-03", who)
        return Told(who.say("refused.no_day", value=value), who.say("refused.no_day_help", example=example))
    if since is not None and until is not None and since > until:
        return Told(who.say("refused.turned_round"), who.say("refused.turned_round_help"))
    return Told(who.say("refused.too_long"), who.say("refused.too_long_help"))
