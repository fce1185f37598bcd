"""The presets, cell by cell against the tables of the contract."""

import pytest
from lifecycle_tables import PRESETS, SETTINGS, policy_of, types_of

from retour.lifecycle import preset
from retour.model import Reason


@pytest.mark.parametrize("name", PRESETS)
def test_every_reason_has_the_type_of_the_table(name: str) -> None:
    assert set(types_of(name)) == set(Reason)
    assert dict(preset(name).types) == types_of(name)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_has_the_value_of_the_table(name: str, setting: str) -> None:
    assert getattr(preset(name), setting) == getattr(policy_of(name), setting)


@pytest.mark.parametrize("name", PRESETS)
def test_preset_is_its_table_and_nothing_else(name: str) -> None:
    assert preset(name) == policy_of(name)
