"""What somebody types in the box of the data view: words, and conditions as `code:4.4.7`."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_PIECE = re.compile(r'(?:(\w+):)?(?:"([^"]*)"|(\S+))')


@dataclass(frozen=True, slots=True)
class Conditions:
    """Filters; or the first word that stands for none."""

    filters: Mapping[str, str]
    wrong: str | None = None


def conditions(typed: str, names: Collection[str]) -> Conditions:
    """`type:ignore domain:b.example mailbox full`: what has no name is text, together and in its order."""
    filters: dict[str, str] = {}
    words: list[str] = []
    for name, quoted, plain in _PIECE.findall(typed):
        value = quoted or plain
        if not name:
            words.append(value)
        elif name.lower() in names:
            filters[name.lower()] = value
        else:
            return Conditions({}, f"{name}:")
    if words:
        filters["text"] = " ".join((*filters.get("text", "").split(), *words))
    return Conditions(filters)
