"""Finding phrases: the normal form of a text, and the index against a plain search."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.classify import packaged
from retour.classify.evidence import Matcher
from retour.classify.phrases import GAP, HEAD, TEXT_LIMIT, PhraseIndex, normal
from retour.classify.rulebook import Weight
from retour.classify.spans import telling

MATCHER = Matcher(packaged())

WORDS = st.sampled_from(
    ["user", "unknown", "mail", "box", "mailbox", "full", "is", "not", "a", "(#5", "ü", "users"]
)
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)
PHRASES = st.lists(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=8, unique=True)


def plain_search(phrases: list[str], text: str) -> set[tuple[int, int, int]]:
    """What the index must find, by looking everywhere."""
    starts = [
        at for at in range(len(text)) if at == 0 or not (text[at - 1].isascii() and text[at - 1].isalnum())
    ]
    return {
        (number, at, at + len(phrase))
        for number, phrase in enumerate(phrases)
        for at in starts
        if text.startswith(phrase, at)
    }


@pytest.mark.parametrize("fast", [True, False])
@given(PHRASES, TEXTS)
def test_every_phrase_is_found_wherever_a_word_starts(fast: bool, phrases: list[str], text: str) -> None:
    index = PhraseIndex(((phrase, number) for number, phrase in enumerate(phrases)), fast)
    found = index.find(text)
    assert len(found) == len(set(found))
    assert set(found) == plain_search(phrases, text)


@given(st.text(max_size=200))
def test_the_normal_form_has_single_blanks_and_lower_case(text: str) -> None:
    form = normal(text)
    assert "  " not in form
    assert form == form.lower()


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("User\t UNKNOWN\r\n", "user unknown"),
        ("<Ann.Lee@b.example>: user unknown", "<@>: user unknown"),
        ("user\u2019s mailbox", "user's mailbox"),
        ("550-5.1.1 no such\n550 5.1.1 user", "no such user"),
        ("550-no such\n550-user", "no such user"),
        ("see 192.0.2.550-5", "see 192.0.2.550-5"),
        ("", ""),
        ("x" * (TEXT_LIMIT + 5), "x" * TEXT_LIMIT),
    ],
)
def test_the_normal_form(text: str, form: str) -> None:
    assert normal(text) == form


def test_a_gap_spans_any_words_up_to_its_length() -> None:
    index = PhraseIndex([("user * does not exist", 7)])
    near = f"user {'x' * (GAP - 2)} does not exist"
    assert index.find(near) == [(7, 0, len(near))]
    assert index.find(f"user {'x' * (GAP + 1)} does not exist") == []


def test_a_phrase_begins_at_a_word_and_may_end_within_one() -> None:
    index = PhraseIndex([("spam", 1)])
    assert index.find("spammer, antispam, anti-spam") == [(1, 0, 4), (1, 24, 28)]


def test_phrases_with_one_beginning_are_told_apart() -> None:
    beginning = "x" * HEAD
    index = PhraseIndex([(beginning, 0), (beginning + " one", 1), (beginning + " two", 2)])
    assert {number for number, _, _ in index.find(beginning + " two")} == {0, 2}


def test_an_index_without_phrases_finds_nothing() -> None:
    assert PhraseIndex([]).find("user unknown") == []


@pytest.mark.parametrize(
    "text",
    [
        "unable to look up nxdomain.test", "mx1.blocked.example said no", "see https://b.example/spam/blacklist",
        "host spam-firewall.example.net[192.0.2.1]", "www.quarantine.example/help?virus",
    ],
)  # fmt: skip
def test_names_of_hosts_and_pages_are_not_read_as_words(text: str) -> None:
    assert MATCHER.words(text).clues == ()


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("554 blocked using psbl.surriel.com", {"blocklist.psbl", "text.blocklisted"}),
        ("user unknown.please check", {"text.unknown-user"}),
        ("responded with code nxdomain.", {"text.nxdomain"}),
        ("no such user, returned to sender", {"text.unknown-user"}),
        ("too many user unknown from you", {"text.rate"}),
    ],
)
def test_words_within_a_longer_phrase_mean_what_it_means(text: str, rules: set[str]) -> None:
    clues = [clue for clue in MATCHER.words(text).clues if not clue.rule.codes]
    found = {clue.rule.id for clue in clues if clue.rule.weight is Weight.CLEAR}
    assert found == rules


@given(st.text(alphabet="ab.-/: spm", max_size=400))
def test_only_what_was_found_speaks(text: str) -> None:
    rules = packaged().rules
    spans = [(0, at, at + 1) for at in range(len(text))]
    told = list(telling(spans, text, rules, len(rules)))
    assert set(told) <= set(spans)
    assert len(told) == len(set(told))
