"""What these commands say, they say in both languages."""

import re
from importlib.resources import files

import pytest

from retour.texts import LANGUAGES, catalogue, family

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
def test_texts_of_a_family_stand_in_one_file_each(language: str) -> None:
    files_of = [name for name in NAMES if name == "console" or name.startswith("console_")]
    apart = [catalogue(f"{name}.{language}").keys for name in files_of]
    assert family("console", language).keys == frozenset().union(*apart)
    assert sum(map(len, apart)) == len(family("console", language).keys)


def test_problems_fill_in_the_same_words_in_both_languages() -> None:
    from retour.outlets.api.problems import CATALOGUE

    for name, entry in CATALOGUE.items():
        words = [set(re.findall(r"{(\w+)}", " ".join(entry[language].values()))) for language in ("en", "de")]
        assert words[0] == words[1] or name == "policy_invalid", name
