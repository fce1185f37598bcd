"""What templates say and show: texts of the catalogue, moments, addresses, marks."""

from datetime import datetime
from secrets import token_hex
from typing import Any
from urllib.parse import quote

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import now

from retour.console import assets, days, notes
from retour.console.spoken import spoken
from retour.texts import Catalogue, catalogue

register = template.Library()
_WAYS = {"log:": "log", "webhooks.": "webhook", "mailboxes.": "mailbox", "queues.": "queue"}
_NAMED = {"time": "time", "one-click": "one_click", "confirmation": "confirmation", "command line": "command"}
_SOMEBODY = ("person", "key")  # an actor of another kind is a way in, which has no name of its own


@register.simple_tag(takes_context=True)
def t(context: Any, key: str, **values: object) -> str:
    """The text of a key; it is escaped like everything else."""
    say: Catalogue = context["request"].reader.say
    return say(key, **values)


@register.simple_tag
def once() -> SafeString:
    """What makes a form one: sent twice, by two clicks or by loading its answer again, it is done once."""
    return format_html('<input type="hidden" name="once" value="{}">', token_hex(16))


@register.simple_tag(takes_context=True)
def counted(context: Any, key: str, count: int, **values: object) -> str:
    """The text of a key for a number of things: `key.one`, or `key.other`."""
    say: Catalogue = context["request"].reader.say
    return say(f"{key}.{'one' if count == 1 else 'other'}", count=number(context, count), **values)


@register.simple_tag(takes_context=True)
def status(context: Any, key: str) -> str:
    """A text of the status catalogue: labels of reasons, months."""
    return catalogue(f"status.{context['request'].reader.language}")(key)


@register.simple_tag(takes_context=True)
def number(context: Any, value: float) -> str:
    """A number as the reader writes it: 1,234.5 or 1.234,5."""
    return count_in(value, context["request"].reader.language)


def count_in(value: float, language: str) -> str:
    """The same in a language."""
    written = f"{int(value) if value == int(value) else round(value, 2):,}"
    return written.translate(str.maketrans(",.", ".,")) if language == "de" else written


@register.simple_tag(takes_context=True)
def percent(context: Any, rate: float) -> str:
    """A rate as the reader writes it."""
    return percent_in(rate, context["request"].reader.language)


def percent_in(rate: float, language: str) -> str:
    """A rate with one decimal: 2.4 %, 2,4 %; number and sign stay on one line."""
    written = f"{rate * 100:.1f}\N{NO-BREAK SPACE}%"
    return written.replace(".", ",") if language == "de" else written


@register.simple_tag(takes_context=True)
def moment(context: Any, value: str | None) -> SafeString | str:
    """A moment of the API as day and time in the reader's zone; and how long ago, where there is room."""
    if not value:
        return ""
    reader = context["request"].reader
    at = datetime.fromisoformat(value)
    there, ago = at.astimezone(reader.zone), days.ago(at, now(), reader)
    return format_html(
        '<time datetime="{}" title="{}">{}, {}</time><span class="apart"> <span class="ago">{}</span></span>',
        value, ago, days.long(there.date(), reader.language), days.clock(there), ago,
    )  # fmt: skip


@register.simple_tag
def present() -> str:
    """Now, as the API tells moments: what is printed says when."""
    return now().isoformat()


@register.filter
def breakable(address: str) -> SafeString:
    """An address that may break at @ and dots, whatever its direction; with how its domain is read."""
    parts = address.replace("@", "\0@").replace(".", "\0.").split("\0")
    whole = format_html_join(SafeString("<wbr>"), "{}", ((part,) for part in parts))
    read = spoken(address)
    beside = format_html(' <bdi class="note">({})</bdi>', read) if read else ""
    return format_html('<bdi class="address">{}</bdi>{}', whole, beside)


@register.filter
def in_path(value: str) -> str:
    """A value as one step of a path."""
    return quote(value, safe="@")


@register.simple_tag(takes_context=True)
def actor(context: Any, value: str) -> str:
    """Who acted, as the ledger names it ("person ann@…", "key 85…"), in the reader's language."""
    say: Catalogue = context["request"].reader.say
    kind, _, who = value.partition(" ")
    known = f"actor.{kind}" in say and bool(who) == (kind in _SOMEBODY)
    if not known or kind in _WAYS.values():
        kind, who = _way(value)
    return say(f"actor.{kind}", who=who) if kind else value


@register.simple_tag(takes_context=True)
def note(context: Any, value: str) -> str:
    """What stands beside an act, in the reader's language as far as Retour wrote it."""
    say: Catalogue = context["request"].reader.say
    return notes.in_words(value, say)


def _way(value: str) -> tuple[str, str]:
    """What kind of way in or cause an actor is that names no person, and its own name; nothing for others."""
    for begin, kind in _WAYS.items():
        if value.startswith(begin) and len(value) > len(begin):
            return kind, value.removeprefix(begin)
    return _NAMED.get(value, ""), ""


@register.simple_tag(takes_context=True)
def labelled(context: Any, form: Any) -> str:
    """Name the fields of a form of the library of logins in our words; the page itself explains them."""
    say: Catalogue = context["request"].reader.say
    for name, field in form.fields.items():
        bound = form[name]  # of a form that was checked: with the label of before
        if "password" in name:
            field.help_text = bound.help_text = ""
        if f"sign_field.{name}" in say:
            field.label = bound.label = say(f"sign_field.{name}")
            field.widget.attrs.pop("placeholder", None)
    return ""


@register.simple_tag(takes_context=True)
def provider(context: Any, value: str | None) -> str:
    """A provider of mailboxes as people call it; its domain where it is none that is known."""
    say: Catalogue = context["request"].reader.say
    key = f"mailbox.{value}"
    return say(key) if key in say else value or "–"


@register.simple_tag
def sign_on() -> str:
    """The name of another's login that may be used; empty for none."""
    return settings.CHOSEN.oidc_name if settings.CHOSEN.oidc_issuer else ""


@register.simple_tag
def asset(name: str) -> str:
    """Where a file of ours is."""
    return assets.url(name)


@register.inclusion_tag("console/mark.html", takes_context=True)
def mark(context: Any, state: str, words: bool = True) -> dict[str, object]:
    """The mark of a state: shape, colour and word together (never a colour alone)."""
    return {"state": state, "words": words, "request": context["request"]}


@register.simple_tag
def bar(value: float, most: float, kind: str) -> SafeString:
    """A bar as long as its share of the longest; the number stands beside it, so nothing is read out."""
    share = round(100 * value / most, 2) if most else 0
    return format_html(
        '<svg class="measure {}" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{}" height="10"/></svg>',
        kind, share,
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def query(context: Any, **changes: object) -> str:
    """The query of this page with some values changed (None takes one out), from the first page on."""
    asked = context["request"].GET.copy()
    asked.pop("after", None)
    for name, value in changes.items():
        if value is None or value == "":
            asked.pop(name, None)
        else:
            asked[name] = str(value)
    return f"?{asked.urlencode()}"
