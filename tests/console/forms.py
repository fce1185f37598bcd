"""The forms that stand on the pages of the console, read and filled in as somebody would.

What is sent has the true ids and counts that the pages offer: a refusal then says something.
"""

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import NamedTuple

import httpx

TYPED = "typed@b.example"  # is an address, a name and a reason
BY_KIND = {"number": "1", "url": "http://127.0.0.1:9/typed", "date": "2026-05-01", "search": ""}
LIST = ("typed.csv", b"address\ntyped@b.example\n", "text/csv")
_TOKEN = "csrfmiddlewaretoken"


class Form(NamedTuple):
    """Where it leads, what it sends but for the mark that it is ours, and the names of its files."""

    place: str
    sent: Mapping[str, list[str]]
    files: tuple[str, ...] = ()


class _Reader(HTMLParser):
    """Collects what is in the forms of one page that are sent by POST."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._page, self._open, self._choice, self._text = page, False, "", ""
        self._sent: dict[str, list[str]] = {}
        self._files: list[str] = []
        self._buttons: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form" and told.get("method", "").lower() == "post":
            self._open, self._place = True, told.get("action") or self._page
            self._sent, self._files, self._buttons = {}, [], []
        elif self._open and "disabled" not in told:
            self._field(tag, told)

    def _field(self, tag: str, told: dict[str, str]) -> None:
        name, kind, value = told.get("name", ""), told.get("type", "text"), told.get("value", "")
        if tag == "button" and told.get("type", "submit") == "submit":
            self._buttons.append((told.get("formaction", ""), name, value))
        elif tag == "select":
            self._choice = name
        elif tag == "option" and self._choice and ("selected" in told or self._choice not in self._sent):
            self._sent[self._choice] = [value]
        elif tag == "textarea":
            self._text = name
            self._sent[name] = [TYPED]
        elif tag == "input" and kind == "file":
            self._files.append(name)
        elif tag == "input" and name and name != _TOKEN:
            self._input(name, kind, value, "checked" in told)

    def _input(self, name: str, kind: str, value: str, checked: bool) -> None:
        if kind == "checkbox" or (kind == "radio" and checked):
            self._sent.setdefault(name, []).append(value or "on")
        elif kind == "radio":
            self._sent.setdefault(name, [value])
        elif kind != "submit":
            self._sent.setdefault(name, []).append(value or BY_KIND.get(kind, TYPED))

    def handle_data(self, data: str) -> None:
        if self._text and data.strip():
            self._sent[self._text] = [data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._choice = ""
        elif tag == "textarea":
            self._text = ""
        elif tag == "form" and self._open:
            self._open = False
            for place, name, value in self._buttons or [("", "", "")]:
                sent = {**self._sent, **({name: [value]} if name else {})}
                self.found.append(Form(place or self._place, sent, tuple(self._files)))


def forms(client: httpx.Client, page: str) -> Iterator[Form]:
    """Each form of a page, once for each of its buttons; that of logging out is among them."""
    reader = _Reader(page)
    reader.feed(client.get(page, follow_redirects=True).text)
    for form in reader.found:
        yield form._replace(
            place=str(client.base_url.join(page).join(form.place)).removeprefix(
                str(client.base_url).rstrip("/")
            )
        )


def token(client: httpx.Client, path: str) -> str:
    """What a form needs to be believed, from a page that has one; empty where the page has none."""
    found = re.search(rf'name="{_TOKEN}" value="(\w+)"', client.get(path, follow_redirects=True).text)
    return found[1] if found else ""


def send(client: httpx.Client, form: Form, mark: str) -> httpx.Response:
    """What a form is answered with."""
    data = {**form.sent, _TOKEN: mark}
    if form.files:
        return client.post(form.place, data=data, files=dict.fromkeys(form.files, LIST))
    return client.post(form.place, data=data)
