"""Every text that people read, by key and language: TOML files, the same keys for each language."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

LANGUAGES = ("en", "de")


class Catalogue:
    """The texts of one language."""

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self._texts = texts

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of a dotted key with its {values} filled in. Raises KeyError for a key without text."""
        return self._texts[key].format(**values)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._texts)


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of one of LANGUAGES, read once. Raises FileNotFoundError for any other."""
    folder = resources.files("retour.texts")
    texts = _read(folder.joinpath(f"{language}.toml"))
    name, dot, ending = language.rpartition(".")
    if dot:  # a long one is cut: console.en.toml, console_sources.en.toml
        parts = sorted(file.name for file in folder.iterdir() if file.name.startswith(f"{name}_"))
        for part in parts:
            if part.endswith(f".{ending}.toml"):
                texts |= _read(folder.joinpath(part))
    return Catalogue(language, texts)


def _read(file: Traversable) -> dict[str, str]:
    return dict(_flat(tomllib.loads(file.read_text(encoding="utf-8"))))


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested tables as pairs of dotted key and text."""
    pairs: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{prefix}{key}.")
        else:
            pairs.append((f"{prefix}{key}", value))
    return pairs
