"""What somebody types in the box of the data view: words, and conditions as `code:4.4.7`."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")  # RFC 3463 §2
_PIECE = re.compile(r'(?:(\w+):)?(?:"([^"]*)"|(\S+))')


@dataclass(frozen=True, slots=True)
class Conditions:
    """Filters; or the first word that stands for none."""

    filters: Mapping[str, str]
    wrong: str | None = None


def conditions(typed: str, names: Collection[str]) -> Conditions:
    """`type:ignore domain:b.example mailbox full`: what has no name is text, together and in its order.

    A status code is one without its name, too: the words of a reply are found without their numbers.
    """
    filters: dict[str, str] = {}
    words: list[str] = []
    for name, quoted, plain in _PIECE.findall(typed):
        value = quoted or plain
        if not name and "code" in names and "code" not in filters and _CODE.fullmatch(plain):
            filters["code"] = value
        elif not name:
            words.append(value)
        elif name.lower() in names:
            filters[name.lower()] = value
        else:
            return Conditions({}, f"{name}:")
    if words:
        filters["text"] = " ".join((*filters.get("text", "").split(), *words))
    return Conditions(filters)
