"""The rules themselves: each has its id, its source, and samples that it decides."""

import re
from collections import Counter
from pathlib import Path

import pytest

from retour.classify import Rule, classifier, classify, packaged
from retour.classify.rulebook import Weight
from retour.classify.rulefile import KEYS
from retour.flow.judge import judge_reply
from retour.model import GROUPS, Group, Part, Party, Reason, Report

RULES = packaged().rules
PROVIDERS = {provider.name: provider for provider in packaged().providers}


def sample_report(rule: Rule, sample: str) -> Report:
    """The sample as a reply; a provider's comes from its first host."""
    report = judge_reply(sample)[0]
    if rule.provider is None:
        return report
    return report._replace(remote_mta=f"mx.{PROVIDERS[rule.provider].hosts[0]}")


SAMPLES = [(rule, sample) for rule in RULES for sample in rule.samples]


def test_there_are_rules_and_samples() -> None:
    assert len(RULES) > 100
    assert len(SAMPLES) > 200


@pytest.mark.parametrize(("rule", "sample"), SAMPLES, ids=lambda value: getattr(value, "id", str(value)[:40]))
def test_a_rule_fits_its_sample_and_its_reason_decides(rule: Rule, sample: str) -> None:
    report = sample_report(rule, sample)
    clues, _ = classifier().evidence(report)
    assert rule.id in [clue.rule.id for clue in clues]
    assert classify(report).reason is rule.reason


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_decides_a_sample_of_its_own(rule: Rule) -> None:
    """Not a neighbour of the same reason: else nobody would miss the rule."""
    assert rule.id in [classify(sample_report(rule, sample)).rule for sample in rule.samples]


def test_ids_are_unique() -> None:
    assert [id for id, number in Counter(rule.id for rule in RULES).items() if number > 1] == []


def test_every_rule_says_where_it_comes_from() -> None:
    assert [rule.id for rule in RULES if len(rule.source) < 5] == []


def test_every_reason_can_be_reached() -> None:
    assert {rule.reason for rule in RULES if rule.reason} == set(Reason)


def test_every_reason_has_its_place_in_the_order() -> None:
    assert [rule.id for rule in RULES if rule.reason and not rule.rank] == []


def test_the_order_of_evidence_is_that_of_the_rulebook() -> None:
    weights = [rule.weight for rule in RULES]
    assert weights == sorted(weights)
    assert weights[0] is Weight.OURS
    assert weights[-1] is Weight.REPLY


def test_words_against_sender_and_message_come_before_words_against_the_address() -> None:
    ranks: dict[Group, set[int]] = {}
    for rule in RULES:
        if rule.reason and rule.weight is Weight.CLEAR:
            ranks.setdefault(GROUPS[rule.reason], set()).add(rule.rank)
    dead = min(ranks[Group.DEAD])
    assert max(ranks[Group.BLOCK]) < dead
    assert max(ranks[Group.CONTENT]) < dead
    assert max(ranks[Group.FULL]) < dead


def test_no_single_hint_declares_an_address_dead() -> None:
    faint = [rule for rule in RULES if rule.weight is Weight.FAINT and rule.reason]
    assert faint
    assert [rule.id for rule in faint if rule.reason and GROUPS[rule.reason] is Group.DEAD] == []


def test_phrases_are_in_normal_form() -> None:
    odd = re.compile(r"[A-Z]|\s\s|^\s|^\*|\*$")
    assert [(rule.id, phrase) for rule in RULES for phrase in rule.phrases if odd.search(phrase)] == []


def test_the_form_of_a_rule_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    words = [*KEYS, *(weight.name.lower() for weight in Weight), *(part.value for part in Part), *Party]
    assert [word for word in words if word not in page] == []
