"""What was meant by a mistyped domain: against two rules in use elsewhere, with every false correction.

The sets: slips made here, of another make than the model's own (each letter may become any other, two slips
in one name, an ending of its own table); real domains, which must be left alone. Where labelled typos lie
beside this repository (`../shared/corpora/addresses/domain_typos.jsonl`), each of their sets too. Peers are
re-done from what they document, over the same providers: the closest by difflib at .77 (flanker), and the one
within two edits (mailcheck). Rates are per CPU-second.
"""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from retour.vet import Code, Dns, Facts, Speller
from retour.vet.slips import AGAIN, EVER
from retour.vet.tables import table

CORPUS = Path(__file__).parents[2] / "shared/corpora/addresses/domain_typos.jsonl"
SLIPS, SEED = 3_000, 7
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ENDINGS = {
    "com": ("con", "cmo", "vom", "ocm", "comm", "om", "cim", "xom"),
    "de": ("ed", "dw", "dee", "d", "fe"),
}
AT_PROVIDERS = 0.78  # of the entries of a list
_ODDS = (1.0, 3.0, 10.0, 20.0, 50.0, 100.0, 1000.0, 1e12)
_DACH = (".de", ".at", ".ch", "gmx.net")
_AIMS = (  # what is aimed at, the set, whether what was right counts, what the set is
    ("real typos found: .90", "flanker real typos", True, ""),
    ("and mended wrongly: at most .2 %", "flanker real typos", False, ""),
    ("real domains taken for typos: at most .1 %", "OpenDNS real 20k", False, ""),
    ("the same among providers of mail", "free-mail 4.4k", False, ", which has typos of its own"),
)

Asked = Callable[[str], str | None]
"""A domain as typed → what was meant, or None."""

Rows = Sequence[tuple[str, str | None]]
"""Typed and meant, as often as it is; None: it is real, and must be left alone."""


@dataclass
class Tally:
    """How often one method was right, wrong or silent on one set."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)
    total: int = 0
    seconds: float = 0.0


def providers() -> dict[str, int]:
    """The shipped providers with their weights."""
    return {name: each["weight"] for each in table("providers")["provider"] for name in each["domains"]}


def slipped(domain: str, chance: random.Random) -> str:
    """A domain with one slip, of a make that asks no keyboard."""
    name, _, ending = domain.rpartition(".")
    place = chance.randrange(len(name))
    match chance.randrange(6):
        case 0:
            name = name[:place] + name[place + 1 :]
        case 1:
            name = name[:place] + name[place] + name[place:]
        case 2 if len(name) > 1:
            place = chance.randrange(len(name) - 1)
            name = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
        case 3:
            name = name[:place] + chance.choice(_LETTERS) + name[place + 1 :]
        case 4:
            ending = chance.choice(_ENDINGS.get(ending, (ending + ending[-1], ending[:-1], ending[::-1])))
        case _:
            name = name[:place] + chance.choice(_LETTERS) + name[place:]
    return f"{name}.{ending}"


def made(count: int, seed: int) -> dict[str, Rows]:
    """The sets that are made here: typed → meant."""
    chance, known = random.Random(seed), providers()
    names = chance.choices(list(known), list(known.values()), k=2 * count)
    one = [(slipped(name, chance), name) for name in names[:count]]
    two = [(slipped(slipped(name, chance), chance), name) for name in names[count:]]
    real = [*known, *table("known")["names"].split()]
    words = table("words")
    pairs = [
        f"{chance.choice(words['trades'].split())}{sign}{chance.choice(words['names'].split())}"
        for sign in ("-", "")
        for _ in range(count)
    ]
    firms = sorted({f"{pair}.{chance.choice(('de', 'com', 'at', 'ch', 'net'))}" for pair in pairs})
    return {
        "one slip, made here": [row for row in one if row[0] not in known],
        "two slips, made here": [row for row in two if row[0] not in known],
        "real, in our tables": [(name, None) for name in real],
        "real, of two words": [(name, None) for name in firms],
    }


def labelled() -> dict[str, Rows]:
    """The sets of the labelled corpus, where it is there."""
    found: dict[str, list[tuple[str, str | None]]] = {}
    if CORPUS.exists():
        for line in CORPUS.read_text("utf-8").splitlines():
            row = json.loads(line)
            found.setdefault(row["set"], []).append((row["typed"], row["meant"]))
    return dict(found)


def methods() -> Mapping[str, Asked]:
    """What is compared."""
    known, speller = list(providers()), Speller()

    def ours(domain: str) -> str | None:
        found = speller.suggest(domain)
        return None if found is None else found.text

    def closest(domain: str) -> str | None:
        if domain in known:
            return None
        found = get_close_matches(domain, known, 1, 0.77)
        return found[0] if found else None

    def near(domain: str) -> str | None:
        best = min(known, key=lambda name: _edits(domain, name))
        return best if domain not in known and _edits(domain, best) <= 2 else None

    return {"retour": ours, "difflib .77": closest, "two edits": near}


def _edits(one: str, other: str) -> int:
    """Levenshtein, given up beyond two: as mailcheck's measure decides, whatever it counts with."""
    if abs(len(one) - len(other)) > 2:
        return 3
    row = list(range(len(other) + 1))
    for place, sign in enumerate(one, 1):
        before, row[0] = row[0], place
        for at, its in enumerate(other, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (sign != its))
        if min(row) > 2:
            return 3
    return row[-1]


def tallied(ask: Asked, rows: Rows) -> Tally:
    """One method over one set."""
    tally, began = Tally(total=len(rows)), time.process_time()
    for typed, meant in rows:
        found = ask(typed)
        if found is not None and found == meant:
            tally.right += 1
        elif found is not None:
            tally.wrong.append(f"{typed} → {found}")
    tally.seconds = time.process_time() - began
    return tally


def _measured(sets: Mapping[str, Rows]) -> Iterable[str]:
    asked = methods()
    asked["retour"]("gmaik.com")  # tables read, indexes made
    yield (
        "| set | domains | "
        + " | ".join(f"{name}: right / wrong" for name in asked)
        + " | retour, domains/s |"
    )
    yield "|---|---" + "|---" * (len(asked) + 1) + "|"
    false: list[str] = []
    all_ours: dict[str, Tally] = {}
    for name, rows in sets.items():
        tallies = {method: tallied(ask, rows) for method, ask in asked.items()}
        ours = all_ours[name] = tallies["retour"]
        typos = any(meant for _, meant in rows)
        cells = [_cell(tally, typos) for tally in tallies.values()]
        yield f"| {name} | {len(rows):,} | {' | '.join(cells)} | {len(rows) / max(ours.seconds, 1e-9):,.0f} |"
        false += ours.wrong if not typos else []
    yield from _aims(all_ours)
    yield from _of_dach(sets, asked["retour"])
    listed = ", ".join(f"`{each}`" for each in sorted(set(false)))
    yield f'\nReal domains that Retour would have "corrected" ({len(set(false))}): {listed or "none"}.'


def _aims(ours: Mapping[str, Tally]) -> Iterable[str]:
    """What is aimed at, each with the set that it is measured on."""
    if not ours.keys() >= {name for _, name, _, _ in _AIMS}:
        yield f"\nNo aim is measured: the labelled sets are not at `{CORPUS.name}` beside this repository.\n"
        return
    yield "\n| aim | on the set | measured |\n|---|---|---|"
    for aim, name, of_right, note in _AIMS:
        tally = ours[name]
        share = (tally.right if of_right else len(tally.wrong)) / max(tally.total, 1)
        measured = f"{share:.3f}" if of_right else f"{share:.2%}"
        yield f"| {aim} | {name}{note} | {measured} |"
    yield (
        "\nThe aim for Germany, Austria and Switzerland, .93 found, is of the entries of a list: the weighted"
        " set.\n"
    )


def _cell(tally: Tally, typos: bool) -> str:
    wrong = len(tally.wrong) / max(tally.total, 1)
    return f"{tally.right / max(tally.total, 1):.3f} / {wrong:.4f}" if typos else f"- / {wrong:.4f}"


def _of_dach(sets: Mapping[str, Rows], ours: Asked) -> Iterable[str]:
    """Of the typos the German-speaking ones, without and with the DNS saying that there is no such domain."""
    speller = Speller()
    gone = Facts(dns=Dns(Code.NXDOMAIN, "bench", datetime(2026, 11, 1, tzinfo=UTC)))
    for name, rows in sets.items():
        local = [row for row in rows if row[1] and row[1].endswith(_DACH)]
        if not local:
            continue
        alone = sum(ours(typed) == meant for typed, meant in local)
        told = sum(_right(speller, typed, meant, gone) for typed, meant in local)
        yield (
            f'Germany, Austria, Switzerland in "{name}" ({len(local)}): right {alone / len(local):.3f}; '
            f"where the DNS says that none of the typed ones exists {told / len(local):.3f}.\n"
        )


def _right(speller: Speller, typed: str, meant: str | None, facts: Facts) -> bool:
    found = speller.suggest(typed, facts)
    return found is not None and found.text == meant


class Offered(NamedTuple):
    """A suggestion: how sure it is, whether it is right, how many entries of a list it stands for."""

    sure: float
    right: bool
    weight: float


def offered(sets: Mapping[str, Rows]) -> list[Offered]:
    """Every suggestion from odds 1 on. Sets are weighed as the entries of a list: of the 78 % at providers
    1.8 % hold a slip (`vet.slips.EVER`), one of 25 of these two; all others are at domains of firms."""
    speller, found = Speller(), list[Offered]()
    kinds = {name: _share(name, rows) for name, rows in sets.items()}
    totals = Counter[str]()
    for name, rows in sets.items():
        totals[kinds[name][0]] += len(rows)
    for name, rows in sets.items():
        kind, share = kinds[name]
        for typed, meant in rows:
            suggestion = speller.suggest(typed, least=1.0)
            if suggestion is not None:
                sure = suggestion.odds / (1 + suggestion.odds)
                found.append(Offered(sure, suggestion.text == meant, share / totals[kind]))
    return found


def _share(name: str, rows: Rows) -> tuple[str, float]:
    """What sort of entries a set stands for, and their share of a list."""
    slips = AT_PROVIDERS * EVER
    if not any(meant for _, meant in rows):
        ours = "tables" in name
        return ("known", AT_PROVIDERS - slips) if ours else ("firms", 1 - AT_PROVIDERS)
    return ("two slips", slips * AGAIN) if "two" in name else ("one slip", slips * (1 - AGAIN))


def calibration(sets: Mapping[str, Rows]) -> Iterable[str]:
    """How far the odds are what they say: suggestions by odds, and the expected calibration error."""
    found = offered(sets)
    total, error = sum(each.weight for each in found), 0.0
    yield "\n| odds | suggestions | they say right | they were right |\n|---|---|---|---|"
    for low, high in pairwise(_ODDS):
        those = [each for each in found if low / (1 + low) <= each.sure < high / (1 + high)]
        weight = sum(each.weight for each in those)
        if not weight:
            continue
        say = sum(each.sure * each.weight for each in those) / weight
        were = sum(each.right * each.weight for each in those) / weight
        error += weight / total * abs(say - were)
        shown = f"{low:g} to {high:g}" if high < _ODDS[-1] else f"{low:g} and more"
        yield f"| {shown} | {len(those):,} | {say:.3f} | {were:.3f} |"
    yield f"\nExpected calibration error: {error:.3f} (suggestions weighed as entries of a list)."


def run() -> str:
    """In full."""
    sets = {**made(SLIPS, SEED), **labelled()}
    return "\n".join([*_measured(sets), *calibration(sets)])


def quick() -> str:
    """On little, to prove that it works."""
    sets = made(30, SEED)
    return "\n".join([*_measured(sets), *calibration(sets)])
