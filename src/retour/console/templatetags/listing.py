"""What templates of lists say: the address of the same list with a filter more or less."""

from typing import Any

from django import template
from django.http import QueryDict
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from retour.console.pages.shown import shown
from retour.console.people import browsers

register = template.Library()
COUNTED = "counted"  # how many all of them were when somebody asked, on the pages that follow
_OWN = ("of", "address", COUNTED)  # what a form of picked rows says itself


def carried(asked: QueryDict) -> int | None:
    """How many were counted on a page before, or by a job; None where nobody did."""
    told = asked.get(COUNTED, "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 16 else None


@register.filter
def visible(text: str | None) -> str:
    """Words of others, with what cannot be seen written out."""
    return shown(text or "")


def _kept(context: Any) -> QueryDict:
    """The query of this page without its place; to count all of them is asked for once for these filters."""
    asked: QueryDict = context["request"].GET.copy()
    for name in ("after", "count", COUNTED):
        asked.pop(name, None)
    return asked


@register.simple_tag(takes_context=True)
def with_filter(context: Any, name: str, value: object) -> str:
    """The query of this page with one filter set, from the first page on."""
    asked = _kept(context)
    asked[name] = str(value)
    return f"?{asked.urlencode()}"


@register.simple_tag(takes_context=True)
def without(context: Any, *names: str) -> str:
    """The query of this page without some filters, from the first page on."""
    asked = _kept(context)
    for name in names:
        asked.pop(name, None)
    return f"?{asked.urlencode()}"


@register.simple_tag(takes_context=True)
def carried_along(context: Any) -> SafeString:
    """The filters of this page and its place as fields of a form: what it leads to knows the way back."""
    fields = [(name, value) for name, value in context["request"].GET.items() if name not in _OWN]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', fields)


@register.simple_tag(takes_context=True)
def following(context: Any, after: str) -> str:
    """The query of the next page of this list; all that were counted for this one are not counted again."""
    asked = _kept(context)
    asked["after"] = after
    if context.get("counted_all") is not None:
        asked[COUNTED] = str(context["counted_all"])
    return f"?{asked.urlencode()}"


@register.filter
def browser(agent: str) -> str:
    """What people call the browser of a session."""
    return browsers.named(agent)
