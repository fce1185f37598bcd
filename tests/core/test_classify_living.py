"""Whatever words declare an address dead, they do not where another is at fault: a life lost costs most."""

import pytest

from retour.classify import packaged
from retour.classify.rulebook import Weight
from retour.flow.judge import judge_reply
from retour.model import Group

WORDS = [
    phrase.replace(" * ", " one two ")
    for rule in packaged().rules
    if rule.group is Group.DEAD and rule.weight is Weight.CLEAR
    for phrase in rule.phrases
    if " " in phrase  # one word, as RESOLVER.ADR.RecipNotFound, is a provider's own name for it
]
ANOTHER_AT_FAULT = (
    "550 Sender verify failed: {}",
    "550 5.1.7 <a@b.example>: Sender address rejected: {}",
    "550 MAIL FROM: {}",
    "550 5.7.1 sender: {}",
    "550 HELO: {}",
    "550 reverse DNS: {}",
    "550 5.7.1 Message blocked using zen.spamhaus.org, {}",
    "550 5.1.1 rejected as spam: {}",
    "452 4.2.2 over quota, {}",
    "451 4.3.0 {}",
    "450 4.7.1 greylisted: {}",
)
NOBODY_ELSE_AT_FAULT = (
    "550 5.1.1 <a@b.example>: {} (in reply to RCPT TO command)",
    "550 5.7.1 {}",
    "550 Recipient rejected: {}",
)


def test_there_are_words() -> None:
    assert len(WORDS) > 500


@pytest.mark.parametrize("frame", ANOTHER_AT_FAULT)
def test_nobody_is_dead_for_another_s_fault(frame: str) -> None:
    assert [words for words in WORDS if judge_reply(frame.format(words))[1].group is Group.DEAD] == []


@pytest.mark.parametrize("frame", NOBODY_ELSE_AT_FAULT)
def test_hardly_a_word_is_doubted_without_cause(frame: str) -> None:
    lost = [words for words in WORDS if judge_reply(frame.format(words))[1].group is not Group.DEAD]
    assert len(lost) < len(WORDS) / 50, lost
