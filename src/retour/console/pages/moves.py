"""What would happen to addresses, in numbers: the same for a what-if and a replay."""

from collections.abc import Mapping
from typing import Any

from retour.console.asking import Answer
from retour.console.reader import Reader
from retour.texts import catalogue

MOVES = ("stops", "returns", "causes", "later")
MOST_ROWS = 12  # of providers; the others are one number


def moves(result: Answer) -> list[dict[str, Any]]:
    """How many addresses of each sort, and how many of them were active lately."""
    counts: Mapping[str, int] = result.get("move", {})
    active: Mapping[str, int] = result.get("active", {})
    by: Mapping[str, Mapping[str, int]] = result.get("active_by", {})
    return [
        {"move": move, "count": counts[move], "active": active.get(move, 0), "by": by.get(move, {})}
        for move in MOVES
        if counts.get(move)
    ]


def table(result: Answer, of: str, who: Reader) -> dict[str, Any]:
    """The same by reason or by provider, the most first; `most` is the longest bar."""
    told: Mapping[str, Mapping[str, int]] = result.get(of, {})
    present = [move for move in MOVES if move in told]
    names = {name for move in present for name in told[move]}
    order = sorted(names, key=lambda name: (-sum(told[move].get(name, 0) for move in present), name))
    rows: list[dict[str, Any]] = [
        {"name": _named(name, of, who), "key": name, "cells": _cells(told, present, [name])}
        for name in order[:MOST_ROWS]
    ]
    if rest := order[MOST_ROWS:]:
        rows.append({"name": who.say("moves.others"), "key": "", "cells": _cells(told, present, rest)})
    most = max((cell["count"] for row in rows for cell in row["cells"]), default=0)
    return {"moves": present, "rows": rows, "most": most}


def _cells(told: Mapping[str, Mapping[str, int]], moves: list[str], names: list[str]) -> list[dict[str, Any]]:
    return [{"move": move, "count": sum(told[move].get(name, 0) for name in names)} for move in moves]


def _named(name: str, of: str, who: Reader) -> str:
    if not name:
        return who.say("moves.unknown")
    return catalogue(f"status.{who.language}")(f"label.{name}") if of == "reason" else mailbox(name, who)


def mailbox(provider: str, who: Reader) -> str:
    """A provider of mailboxes as people call it; the domain itself where it is none of them."""
    key = f"mailbox.{provider}"
    return who.say(key) if key in who.say else provider


def months(result: Answer) -> list[dict[str, Any]]:
    """Resets that fall due, month by month, without the settings and with them."""
    now, then = result.get("resets_before", {}), result.get("resets", {})
    found: dict[str, dict[str, int]] = {}
    for name, days in (("before", now), ("after", then)):
        for day, count in days.items():
            month = found.setdefault(day[:7], {"before": 0, "after": 0})
            month[name] += count
    return [{"month": month, **counts} for month, counts in sorted(found.items())]


def answers(result: Answer) -> list[dict[str, Any]]:
    """Checks that would be answered otherwise."""
    return [
        {"kind": kind, "before": before, "after": after, "count": count}
        for kind, by in result.get("answers", {}).items()
        for before, then in by.items()
        for after, count in then.items()
    ]
