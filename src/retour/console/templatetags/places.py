"""Where one can go, a line of the navigation; and by which way something came."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from retour.console.pages import source_names

register = template.Library()


@register.simple_tag(takes_context=True)
def place(
    context: Any, section: str, words: str, *to: str, key: str = "", of_account: bool = True
) -> SafeString:
    """A link to a page, marked if one is there; with the letter that leads to it after `g`.

    `to` names the page, and what its address holds behind the account; the name of the section without it.
    """
    name, *steps = to or (section,)
    args = [context["account"], *steps] if of_account else steps
    is_here = context.get("section") == section
    return format_html(
        '<li><a{}{} href="{}">{}</a></li>',
        format_html(' data-go="{}"', key) if key else "",
        SafeString(' aria-current="page"') if is_here else "",
        reverse(name, args=args),
        context["request"].reader.say(words),
    )


@register.simple_tag(takes_context=True)
def source_name(context: Any, source: str) -> str:
    """A way in as people call it, by the name that its arrivals bear."""
    return source_names.called(source, {}, context["request"].reader)
