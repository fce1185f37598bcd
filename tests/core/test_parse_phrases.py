"""Lists of phrases: the automaton and the standard library find the same ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.automaton import INSTALLED, automaton
from retour.parse.phrases import GAP, Phrases

LISTS = {
    "failed": ["nicht * zugestellt", "not delivered", "échec de la remise", "配信できません"],
    "delayed": ["verzögert", "delivered later", "nicht * zugestellt werden konnte"],
}
WORDS = [
    "nicht",
    "zugestellt",
    "werden konnte",
    "not",
    "delivered",
    "later",
    "echec",
    "échec",
    "de la remise",
]
TEXTS = st.lists(
    st.sampled_from([*WORDS, "verzögert", "verzoegert", "x" * GAP, "配信できません"]), max_size=9
)
FAST, PLAIN = Phrases(LISTS), Phrases(LISTS, fast=False)


def test_the_automaton_is_there_where_we_test() -> None:
    assert INSTALLED
    assert automaton(["a", "ab"]) is not None
    assert automaton(["a"], wanted=False) is None


@given(TEXTS.map(" ".join))
def test_both_ways_find_the_same_lists(text: str) -> None:
    for name in LISTS:
        assert FAST.stand_in(name, text) is PLAIN.stand_in(name, text)


@pytest.mark.parametrize("phrases", [FAST, PLAIN])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("wurde nicht an ann zugestellt", {"failed"}),
        (f"nicht {'x' * GAP} zugestellt", set()),
        ("echec de la remise", {"failed"}),
        ("die mail ist verzoegert", {"delayed"}),
        ("die mail ist verzogert", {"delayed"}),
        ("not delivered later", {"failed", "delayed"}),
        ("", set()),
    ],
)
def test_a_list_is_found_by_its_phrases(phrases: Phrases, text: str, found: set[str]) -> None:
    assert {name for name in LISTS if phrases.stand_in(name, text)} == found
