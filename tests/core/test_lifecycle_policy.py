"""Policies as people write them: merged over a preset, checked key by key, and written back."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.lifecycle import (
    Counting,
    Mode,
    Policy,
    PolicyError,
    TypeRule,
    policy_from,
    policy_to_dict,
    preset,
    preset_names,
)
from retour.model import Reason
from retour.texts import LANGUAGES


def test_nothing_said_is_the_default_preset() -> None:
    assert policy_from({}) == preset("default") == policy_from({"preset": "default"})


def test_the_values_of_a_bare_policy_are_those_of_the_default_preset() -> None:
    default = preset("default")
    assert Policy(types=default.types, threshold_by_reason=default.threshold_by_reason) == default


def test_overrides_stand_on_the_base_unless_a_preset_is_loaded_first() -> None:
    base = policy_from({"preset": "kwiga", "soft_threshold": 7})
    assert policy_from({"hard_threshold": 2}, base).soft_threshold == 7
    loaded = policy_from({"preset": "emarsys", "hard_threshold": 2}, base)
    assert (loaded.preset, loaded.soft_threshold, loaded.hard_threshold) == ("emarsys", 3, 2)


def test_maps_are_merged_key_by_key_and_none_removes() -> None:
    policy = policy_from(
        {
            "types": {"mailbox_full": "hard_confirmed", "refused": "none"},
            "threshold_by_reason": {"sender_blocked": "none", "rate_limited": 5},
        }
    )
    assert policy.types[Reason.MAILBOX_FULL] is TypeRule.HARD_CONFIRMED
    assert policy.types[Reason.SERVER_BUSY] is TypeRule.SOFT
    assert Reason.REFUSED not in policy.types
    assert policy.threshold_by_reason == {Reason.MESSAGE_TOO_LARGE: 0, Reason.RATE_LIMITED: 5}


def test_lists_replace() -> None:
    base = preset("emarsys")
    assert policy_from({"uncounted_codes": ["5.7.1"]}, base).uncounted_codes == {"5.7.1"}
    assert policy_from({"uncounted_codes": []}, base).uncounted_codes == frozenset()


def test_never_stop_is_normalised() -> None:
    policy = policy_from({"never_stop": ["Ann@B.Example", "@C.example", "bücher.example"]})
    assert policy.never_stop == {"Ann@b.example", "c.example", "xn--bcher-kva.example"}


DOCS = Path(__file__).parents[2] / "docs" / "lifecycle.md"

REFUSED: list[tuple[Mapping[str, Any], str, str]] = [
    ({"soft": 1}, "soft", "no such setting"),
    ({"preset": "kwigga"}, "preset", "not known"),
    ({"preset": ["kwiga"]}, "preset", "not known"),
    ({"hard_threshold": 0}, "hard_threshold", "out of range"),
    ({"hard_threshold": 4}, "hard_threshold", "out of range"),
    ({"soft_threshold": 0}, "soft_threshold", "out of range"),
    ({"soft_threshold": 51}, "soft_threshold", "out of range"),
    ({"soft_threshold": 2.0}, "soft_threshold", "no whole number"),
    ({"soft_threshold": "2"}, "soft_threshold", "no whole number"),
    ({"soft_threshold": True}, "soft_threshold", "no whole number"),
    ({"block_threshold": -1}, "block_threshold", "out of range"),
    ({"block_threshold": 51}, "block_threshold", "out of range"),
    ({"within_days": 0}, "within_days", "out of range"),
    ({"within_days": 731}, "within_days", "out of range"),
    ({"within_days": 6}, "within_days", "longer than within_days"),
    ({"min_days": 181}, "min_days", "longer than within_days"),
    ({"min_days": 9, "within_days": 8}, "min_days", "longer than within_days"),
    ({"reset_after": -1}, "reset_after", "out of range"),
    ({"max_reactivations": 11}, "max_reactivations", "out of range"),
    ({"reset_growth": 0}, "reset_growth", "out of range"),
    ({"reset_growth": 5}, "reset_growth", "out of range"),
    ({"reset_growth": 1.5}, "reset_growth", "no whole number"),
    ({"counting": "sliding"}, "counting", "not known"),
    ({"complaint_stops": "none"}, "complaint_stops", "not known"),
    ({"platform_stops": True}, "platform_stops", "not known"),
    ({"mode": "Enforce"}, "mode", "not known"),
    ({"types": "hard"}, "types", "no map"),
    ({"types": {"mailbox_fool": "soft"}}, "types.mailbox_fool", "no reason"),
    ({"types": {"mailbox_full": "softish"}}, "types.mailbox_full", "not known"),
    ({"types": {"mailbox_full": 1}}, "types.mailbox_full", "not known"),
    ({"threshold_by_reason": {"refused": 51}}, "threshold_by_reason.refused", "out of range"),
    ({"threshold_by_reason": {"refused": None}}, "threshold_by_reason.refused", "no whole number"),
    ({"uncounted_codes": "4.4.7"}, "uncounted_codes", "no list"),
    ({"uncounted_codes": [447]}, "uncounted_codes", "no list"),
    ({"uncounted_codes": ["4.4"]}, "uncounted_codes", "no enhanced status code"),
    ({"uncounted_codes": ["3.4.7"]}, "uncounted_codes", "no enhanced status code"),
    ({"uncounted_codes": ["4.04.7"]}, "uncounted_codes", "no enhanced status code"),
    ({"uncounted_codes": ["4.4.7\n"]}, "uncounted_codes", "no enhanced status code"),
    ({"never_stop": ["ann"]}, "never_stop", "neither an address nor a domain"),
    ({"never_stop": ["a@b@c.example"]}, "never_stop", "neither an address nor a domain"),
    ({"never_stop": [""]}, "never_stop", "neither an address nor a domain"),
]


@pytest.mark.parametrize(("settings", "key", "reason"), REFUSED)
def test_what_cannot_be_is_refused_with_key_reason_and_remedy(
    settings: Mapping[str, Any], key: str, reason: str
) -> None:
    with pytest.raises(PolicyError) as raised:
        policy_from(settings)
    error = raised.value
    assert (error.key, reason in error.reason) == (key, True)
    assert str(error) == f"{key}: {error.reason}; {error.remedy}" == error.told("en")
    assert len({error.told(language) for language in LANGUAGES}) == len(LANGUAGES)


def test_an_error_shows_a_long_value_cut() -> None:
    with pytest.raises(PolicyError) as raised:
        policy_from({"counting": "x" * 10_000})
    assert len(str(raised.value)) < 250


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "preset": st.sampled_from(preset_names()),
        "types": st.dictionaries(st.sampled_from(Reason), st.sampled_from([*TypeRule, "none"])),
        "hard_threshold": st.integers(1, 3),
        "soft_threshold": st.integers(1, 50),
        "block_threshold": st.integers(0, 50),
        "threshold_by_reason": st.dictionaries(
            st.sampled_from(Reason), st.one_of(st.integers(0, 50), st.just("none"))
        ),
        "counting": st.sampled_from(Counting),
        "within_days": st.integers(7, 730),
        "min_days": st.integers(0, 7),
        "uncounted_codes": st.lists(st.sampled_from(["4.4.7", "5.3.5", "2.0.0", "5.999.999"])),
        "reset_after": st.integers(0, 365),
        "max_reactivations": st.integers(0, 10),
        "reset_growth": st.integers(1, 4),
        "complaint_stops": st.sampled_from(["all", "marketing"]),
        "platform_stops": st.sampled_from(["obey", "ignore"]),
        "mode": st.sampled_from(Mode),
        "never_stop": st.lists(st.sampled_from(["a@b.example", "b.example"])),
    },
)


@given(SETTINGS, st.one_of(st.none(), st.sampled_from(preset_names()).map(preset)))
def test_a_policy_written_out_is_read_back_as_itself(
    settings: Mapping[str, Any], base: Policy | None
) -> None:
    policy = policy_from(settings, base)
    written = json.loads(json.dumps(policy_to_dict(policy)))
    assert policy_from(written) == policy
    assert policy_from(written, preset("kwiga")) == policy
    assert policy_from({}, policy) == policy


def test_the_docs_tell_every_setting_with_its_value_in_each_preset() -> None:
    rows = {row.split("`")[1]: row for row in DOCS.read_text("utf-8").splitlines() if row.startswith("| `")}
    for setting in policy_to_dict(preset("default")).keys() - {"preset", "types"}:
        told = [cell.strip() for cell in rows[setting].strip("|").split("|")[-3:]]
        assert told == [shown(policy_to_dict(preset(name))[setting]) for name in preset_names()], setting


def shown(value: object) -> str:
    match value:
        case dict():
            return ", ".join(f"`{key}` {number}" for key, number in value.items()) or "–"
        case list():
            return ", ".join(value) or "–"
        case _:
            return str(value)
