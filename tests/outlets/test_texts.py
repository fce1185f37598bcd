"""What these commands say, they say in both languages."""

import re
import tomllib
from importlib.resources import files

import pytest

from retour.texts import LANGUAGES, _flat, catalogue

NAMES = sorted(file.name.partition(".")[0] for file in files("retour.texts").iterdir() if ".en." in file.name)


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_keys_and_words_to_fill_in(name: str) -> None:
    assert len(NAMES) > 8
    english, german = catalogue(f"{name}.en"), catalogue(f"{name}.de")
    assert english.keys == german.keys
    for key in english.keys:
        filled = [set(re.findall(r"{(\w+)}", words._texts[key])) for words in (english, german)]
        assert filled[0] == filled[1], key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_part_of_a_long_catalogue_says_what_another_says(language: str) -> None:
    parts = [file for file in files("retour.texts").iterdir() if file.name.startswith("console")]
    keys = [
        key
        for file in parts
        if file.name.endswith(f".{language}.toml")
        for key, _ in _flat(tomllib.loads(file.read_text("utf-8")))
    ]
    assert len(keys) == len(set(keys)) == len(catalogue(f"console.{language}").keys)


def test_problems_fill_in_the_same_words_in_both_languages() -> None:
    from retour.outlets.api.problems import CATALOGUE

    for name, entry in CATALOGUE.items():
        words = [set(re.findall(r"{(\w+)}", " ".join(entry[language].values()))) for language in ("en", "de")]
        assert words[0] == words[1] or name == "policy_invalid", name
