"""Shapes: what differs from mail to mail is masked, what a mail says is not."""

import string
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.classify.phrases import normal
from retour.classify.shape import LONGEST_WORD, MASKS, WORDS, runs, shape, shape_id

local = st.text(string.ascii_letters + string.digits + "._+-=", min_size=1, max_size=30)
label = st.from_regex(r"[a-z][a-z0-9-]{0,10}[a-z0-9]", fullmatch=True)
domain = st.builds("{}.{}.example".format, label, label)
address = st.builds("{}@{}".format, local, domain)
number = st.integers(0, 10**12).map(str)
ids = st.builds("{}{}".format, st.text(string.ascii_letters, max_size=20), number)
hexes = st.binary(min_size=4, max_size=20).map(bytes.hex)
dates = st.datetimes().map(lambda at: at.replace(tzinfo=UTC).strftime("%a, %d %b %Y %H:%M:%S +0000 (UTC)"))

MAIL = """Dear sender, your message {id} of {date} to <{address}>
({address}) could not be handed to {host} [{number}.2.3.4]: it says
{number} {number}.1.1 the queue {hex} was left after {number} days, see https://{host}/{id}?x={hex}.
-- {dashes}
"""
mails = st.fixed_dictionaries(
    {
        "id": ids,
        "date": dates,
        "address": address,
        "host": domain,
        "number": number,
        "hex": hexes,
        "dashes": st.integers(1, 40).map("-".__mul__),
    }
)


@given(mails, mails)
def test_mails_that_differ_in_what_is_masked_alone_have_one_shape(
    one: dict[str, str], other: dict[str, str]
) -> None:
    assert shape(MAIL.format(**one)) == shape(MAIL.format(**other))


@given(
    st.text(max_size=600)
    | st.lists(st.sampled_from([*"@#.,<>", "may", "5", "mon", "<host>", "a.bc", "x"])).map(" ".join)
)
def test_the_shape_of_a_shape_is_itself(text: str) -> None:
    assert shape(shape(text)) == shape(text)


@given(st.text(max_size=6000))
def test_shapes_are_bounded(text: str) -> None:
    words = shape(text).split(" ")
    assert len(words) <= WORDS
    assert max(map(len, words)) <= LONGEST_WORD


@given(st.text(max_size=600))
def test_runs_are_phrases_that_fit_the_text(text: str) -> None:
    for run in runs(text):
        assert run == normal(run)
        assert not any(letter.isdigit() for letter in run)


def test_what_a_mail_says_stays() -> None:
    said = shape("Die Adresse ann@b.example gibt es nicht (mehr). It may be full.")
    assert said == "die adresse @ gibt es nicht mehr it may be full"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("to <ann@b.example>, bob@c.example; it", "to @ it"),
        ("on Mon, 21 Nov 2026 10:00:00 +0100 (CET) we", "on # we"),
        ("am 21. November 2026 um 10 Uhr kam", "# kam"),
        ("in May we may", "in may we may"),
        ("queue id qHkDaYzWkL or BCDFGHJK or deadbeef", "queue id # or # or #"),
        ("host mx1.b.example[192.0.2.1] said", "host <host> said"),
        ("the host mx.b.example. refused", "the host <host> refused"),
        ("see https://b.example/x?y and www.b.example", "see <url> and <url>"),
        ("RecipNotFound over_quota e.g. and/or", "recipnotfound over_quota e.g and/or"),
        ("x" * 41, "#"),
        ("---- **** \u2014", ""),
        ("", ""),
    ],
)
def test_each_mask(text: str, masked: str) -> None:
    assert shape(text) == masked


def test_other_scripts_keep_their_words() -> None:
    assert shape("宛先 ann@b.example は存在しません。") == "宛先 @ は存在しません"
    assert runs("Пользователь ann@b.example улетел из гнезда. Пока!") == [
        "пользователь",
        "улетел из гнезда",
        "пока",
    ]


def test_a_shape_has_a_short_name() -> None:
    assert shape_id("a b") == shape_id("a b") != shape_id("a c")
    assert len(shape_id("")) == 10
    assert not MASKS & set(runs("@ # <host> <url>"))


def test_what_is_hostile_has_a_short_shape_too() -> None:
    for text in (
        "a." * 100_000,
        "@" * 100_000,
        "aB" * 100_000,
        "may " * 50_000,
        "x" * 1_000_000,
        "- " * 50_000,
    ):
        assert len(shape(text)) <= WORDS * (LONGEST_WORD + 1)
        assert all(len(run) <= WORDS * (LONGEST_WORD + 1) for run in runs(text))
