"""Traces of many addresses together say what each of them says alone."""

import base64
import json
from urllib.parse import quote

from hypothesis import example, given
from hypothesis import strategies as st

from core.test_traces import FOUND, OTHERS
from retour.address import normalise
from retour.flow.traces import Traces
from retour.flow.traces_many import ManyTraces

ADDRESSES = (
    "ann.lee@b.example",
    "lee@b.example",
    "annlee@gmail.com",
    "info@b.example",
    "info@other.example",
    "jörg@bücher.example",
    "o'neil+x@b.example",
    "kilo@sub.b.example",
    "!!@b.example",
    "İstanbul@b.example",
)
NORMALISED = [found for each in ADDRESSES if (found := normalise(each))]
FORMS = (
    str,
    str.upper,
    lambda told: quote(told, safe=""),
    lambda told: json.dumps(told)[1:-1],
    lambda told: told.replace("@", "="),
    lambda told: "=".join(reversed(told.rsplit("@", 1))),
    lambda told: told.replace("@", "&#64;"),
    lambda told: base64.urlsafe_b64encode(f"to {told}".encode()).decode(),
    lambda told: quote(json.dumps(told)[1:-1], safe=""),
    lambda told: told.replace("i", "ı").replace("k", "\u212a"),
    lambda told: f"jo{told}",
    lambda told: f"{told}.org",
)
written = st.builds(lambda form, told: form(told), st.sampled_from(FORMS), st.sampled_from(ADDRESSES))
between = st.text(alphabet=" <>=.+-_%/\\u:;,\"'@aZé0\n", max_size=6)
texts = st.builds("".join, st.lists(st.one_of(written, between, st.sampled_from(FOUND)), max_size=6))
wanted = st.sets(st.sampled_from(NORMALISED), min_size=1)


@given(wanted, texts)
@example({"ann.lee@b.example"}, "bounce+ann.lee=b.example@return.example")
@example({"kilo@sub.b.example"}, "\u212aılo@sub.b.example")
def test_many_find_what_each_finds_alone(addresses: set[str], text: str) -> None:
    alone = [Traces(each) for each in addresses]
    many = ManyTraces(addresses)
    assert many.holds(text) == any(each.holds(text) for each in alone)
    raw = text.encode("utf-8", "replace")
    assert many.holds_octets(raw) == any(each.holds_octets(raw) for each in alone)
    clean = many.scrubbed(text)
    assert not many.holds(clean)
    assert clean == text or any(each.scrubbed(text) != text for each in alone)


def test_every_spelling_is_found_among_many_others() -> None:
    many = ManyTraces({"ann.lee@b.example", *(f"user{n}@b.example" for n in range(500))})
    assert all(many.holds(text) for text in FOUND)
    assert not any(many.holds(text) for text in OTHERS)
