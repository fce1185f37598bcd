"""The words in which settings and scenarios are explained, in the reader's language."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "de")


def say(path: str, lang: str = "en", **values: object) -> str:
    """The text at a dotted path with its {placeholders} filled; English where the language is not known."""
    entry: Any = _catalogue(lang if lang in LANGUAGES else "en")
    for name in path.split("."):
        entry = entry[name]
    return str(entry).format_map(values)


@cache
def _catalogue(lang: str) -> dict[str, Any]:
    return tomllib.loads((files("retour") / "texts" / f"simulate.{lang}.toml").read_text("utf-8"))
