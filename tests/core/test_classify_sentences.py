"""Sentences: a noun and what is said of it, where no phrase fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.classify import packaged
from retour.classify.sentences import Sentences
from retour.flow.judge import judge_reply
from retour.model import Group, Reason

BOOK = packaged()
SENTENCES = Sentences(BOOK.sentences, BOOK.words, BOOK.rules)
PLAIN = Sentences(BOOK.sentences, BOOK.words, BOOK.rules, fast=False)
SAID = [state for sentence in BOOK.sentences for state in (*sentence.follows, *sentence.leads)]
NAMED = [word for words in BOOK.words.values() for word in words]

NOUNS = (
    "user",
    "mailbox",
    "the email account",
    "recipient address",
    "mailbox of <a@b.example>",
    "<a@b.example>",
)
STATES = {
    Reason.ADDRESS_UNKNOWN: ("could not be located", "is not recognised", "is incorrect", "isn't known"),
    Reason.MAILBOX_DISABLED: ("was suspended", "has been decommissioned", "is on hold", "was terminated"),
    Reason.MAILBOX_FULL: ("is at capacity", "has run out of space", "has used all its space"),
}


@given(
    st.lists(st.sampled_from([*SAID, *NAMED, "@", "550", "not", "ist", "é"]), max_size=7),
    st.sampled_from([" ", ", ", "-", ""]),
)
def test_with_and_without_the_automaton_the_same_is_found(words: list[str], between: str) -> None:
    text = between.join(words)
    assert list(SENTENCES.find(text)) == list(PLAIN.find(text))


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("reason", STATES)
def test_what_is_said_of_the_recipient_is_read(noun: str, reason: Reason) -> None:
    read = {state: judge_reply(f"550 {noun} {state}")[1].reason for state in STATES[reason]}
    assert set(read.values()) == {reason}, read


@pytest.mark.parametrize(
    "reply",
    [
        "550 user certificate could not be located",
        "550 unrecognised user agent",
        "550 the address of the sender isn't known",
        "550 if the mailbox isn't known, ask its owner",
        "550 undefined file",
        "550 account. Parameter is incorrect",
        "550 the domain key of your user is incorrect",
        "550 SMTP AUTH was disabled for this mailbox",
        "550 host name of the client not found",
        "550 the address in the client certificate does not exist",
        "550 the sender's mailbox could not be found",
        "550 unknown users may not write to this list",
    ],
)
def test_what_is_said_of_something_else_is_not(reply: str) -> None:
    assert judge_reply(reply)[1].group is not Group.DEAD


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("550 Der angegebene Empfänger wurde nicht gefunden", Reason.ADDRESS_UNKNOWN),
        ("550 L'adresse demandée: boîte a@b.example introuvable", Reason.ADDRESS_UNKNOWN),
        ("550 La cuenta <a@b.example> ha sido suspendida", Reason.MAILBOX_DISABLED),
        ("550 La casella <a@b.example> è piena", Reason.MAILBOX_FULL),
        ("550 De mailbox van <a@b.example> is vol", Reason.MAILBOX_FULL),
        ("550 Ящик <a@b.example> переполнен", Reason.MAILBOX_FULL),
    ],
)
def test_other_languages_have_sentences_too(reply: str, reason: Reason) -> None:
    assert judge_reply(reply)[1].reason is reason


def test_every_sentence_belongs_to_a_rule_that_needs_no_code() -> None:
    rules = {sentence.rule: BOOK.rule(sentence.rule) for sentence in BOOK.sentences}
    assert rules
    assert [id for id, rule in rules.items() if rule is None or not rule.is_clear] == []
    assert {sentence.noun for sentence in BOOK.sentences} <= set(BOOK.words)


@pytest.mark.parametrize("text", ["is unknown " * 400, "user " * 900, "@ " * 2000, "no such " * 500])
def test_hostile_texts_are_read_in_bounded_steps(text: str) -> None:
    assert len(list(SENTENCES.find(text))) <= len(text)
