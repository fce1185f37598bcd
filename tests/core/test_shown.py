"""Nothing in the words of others stays unseen, and nothing else is changed."""

import pytest

pytest.importorskip("django")
from retour.console.pages.data_search import conditions
from retour.console.pages.shown import shown

NAMES = ("text", "code", "campaign")


HIDDEN = "\u202e\u2066\u200b\u200d\ufeff\u00ad\u061c\x1b\r\x85\U000e0041"


@pytest.mark.parametrize("hidden", HIDDEN)
def test_what_is_not_seen_is_written_out(hidden: str) -> None:
    assert shown(f"a{hidden}b") == f"a⟨U+{ord(hidden):04X}⟩b"


def test_what_is_seen_stays() -> None:
    text = "über 漢字\tعربي <b>&amp;\nnext"
    assert shown(text) == text
    assert shown("one\r\ntwo") == "one\ntwo"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("mailbox full", {"text": "mailbox full"}),
        ('"mailbox full" code:4.2.2', {"text": "mailbox full", "code": "4.2.2"}),
        ('campaign:"May news" over quota', {"campaign": "May news", "text": "over quota"}),
        ("CODE:4.4.", {"code": "4.4."}),
        ("4.4.7", {"code": "4.4.7"}),
        ("5.7.26 denied", {"code": "5.7.26", "text": "denied"}),
        ("code:5.1.1 4.4.7", {"code": "5.1.1", "text": "4.4.7"}),
        ('"4.4.7"', {"text": "4.4.7"}),
        ("1.2.3", {"text": "1.2.3"}),
    ],
)
def test_what_is_typed_becomes_conditions(typed: str, meant: dict[str, str]) -> None:
    told = conditions(typed, NAMES)
    assert (dict(told.filters), told.wrong) == (meant, None)


def test_a_condition_that_nobody_knows_is_named() -> None:
    assert conditions("colour:red", NAMES).wrong == "colour:"
