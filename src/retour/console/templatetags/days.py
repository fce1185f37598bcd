"""Fields for days, written as the reader writes them."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from retour.console import days

register = template.Library()


@register.simple_tag(takes_context=True)
def day_field(
    context: Any, name: str, label: str, value: str | None = "", at: str = "f", needed: bool = False
) -> SafeString:
    """A field with its label and an example of what to write; it also takes 2026-05-03."""
    who = context["request"].reader
    return format_html(
        '<div class="field"><label for="{}-{}">{}</label><input id="{}-{}" name="{}" value="{}" '
        'placeholder="{}" autocomplete="off" data-day{}></div>',
        at, name, who.say(label), at, name, name, days.written(value or "", who),
        days.written("2026-05-03", who), SafeString(" required") if needed else "",
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def period(context: Any, value: str) -> str:
    """A week or a month in words."""
    return days.period(value, context["request"].reader)
