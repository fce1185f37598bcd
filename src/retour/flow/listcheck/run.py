"""A whole list is checked: the story, on one screen.

    count the domains → ask the DNS, where most contacts are first → look at block after block → report

Without DNS it is one pass. What it knows beforehand (own history, deliveries by domain) is told; it asks the
DNS alone, through a port.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any, NamedTuple

from retour.flow.listcheck.alive import Alive, unheard
from retour.flow.listcheck.asked import Asking, counted, known
from retour.flow.listcheck.blocks import lines_in
from retour.flow.listcheck.external import Validator, asked
from retour.flow.listcheck.forecast import forecast_of
from retour.flow.listcheck.history import Joined, Rates
from retour.flow.listcheck.judge import Judge, Knowledge
from retour.flow.listcheck.names import proposed, settle
from retour.flow.listcheck.passes import looking
from retour.flow.listcheck.report import Listed, report_of
from retour.flow.listcheck.results import Results
from retour.flow.listcheck.source import Source
from retour.flow.listcheck.tally import Flaw, Tally
from retour.flow.listcheck.told import pages
from retour.instants import parse, to_datetime

VERSION = 9  # of the files: a check that an older version began is begun anew
_ENDS = 1 << 20
_CHUNK = 8  # blocks, at least; one commit each: about a million rows


class Step(NamedTuple):
    """How far a check is: "count", "ask" and "look" have each their own unit."""

    stage: str
    done: int
    total: int | None
    covered: float = 0.0  # share of the contacts whose domain the DNS has told about


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be checked, and with what."""

    name: str  # of the file, for those who read the report
    file: IO[bytes]
    source: Source
    know: Knowledge
    out: Path
    at: str  # when it was ordered, for the report
    asking: Asking | None = None  # None: offline
    chunk: int = _CHUNK
    rates: Rates | None = None  # of the account, for the forecast
    external: Validator | None = None  # a plug-in that is asked about every address
    way: str = ""  # of `passes.WAYS`, to compare them; the files are the same by all of them
    alive: Alive = unheard  # told between steps; what it raises ends the check, which may go on later


def check_list(order: Order) -> Iterator[Step]:
    """Check a list from where it was left, and write its report. After each step all is durable.

    Raises OtherResultsError, BrokenWorkbookError, OSError.
    """
    with closing(Results(order.out, identity_of(order), order.source.layout, order.at)) as results:
        know = order.know
        domains: Counter[str] = Counter()
        if order.asking is not None:
            yield Step("count", 0, None)
            domains = counted(order.source, order.alive)
            for done, covered in known(order.asking, domains, order.out):
                yield Step("ask", done, len(domains), covered)
            know = replace(know, dns=order.asking.answers)
        if order.external is not None:
            yield Step("external", 0, None)
            at = to_datetime(parse(results.at))
            told = asked(order.external, order.source, order.out, at, order.alive)
            know = replace(know, history=Joined(know.history, told))
        tally = Tally()
        for chunk in results.chunks:
            tally.add(chunk)
        yield from _look(order, know, results, tally)
        moved = proposed(order.out, order.source.layout, know.policy, tally, order.alive)
        facts = Listed(order.name, results.at, order.source, order.asking is not None)
        report = report_of(facts, know, tally) | {"forecast": forecast_of(tally.kept, order.rates)}
        results.put("report.json", json.dumps(report, ensure_ascii=False, indent=1) + "\n")
        for name, page in pages(report).items():
            results.put(name, page)
        results.finish()
        settle(moved)


def _look(order: Order, know: Knowledge, results: Results, tally: Tally) -> Iterator[Step]:
    """Every block that was not committed before."""
    fresh = Tally()
    looker = looking(Judge(know, order.alive), order.source.layout, fresh, order.way)
    number, rows = 0, tally.counts["rows"]
    for number, block in enumerate(order.source.blocks(), start=1):
        if number <= results.blocks:
            looker.remember(block)
            order.alive(rows)
            continue
        passed, rows = rows, rows + block.rows
        for piles in looker.look(block):
            results.write(piles)
            passed += sum(map(lines_in, piles))
            order.alive(min(passed, rows))  # a row may have several lines
        fresh.flaw(Flaw.QUOTES, len(block.odd), block.odd)
        fresh.flaw(Flaw.NUL, block.nuls, block.nul_rows)
        if number % order.chunk == 0:
            yield _commit(looker.settle, fresh, tally, results, number)
    yield _commit(looker.settle, fresh, tally, results, number)


def _commit(settle: Any, fresh: Tally, tally: Tally, results: Results, number: int) -> Step:
    settle()
    told = fresh.told()
    results.commit(number, told)
    tally.add(told)
    fresh.forget()
    return Step("look", tally.counts["rows"], None)


def identity_of(order: Order) -> Mapping[str, Any]:
    """What makes a check this one: where any of it differs, its files would."""
    layout = order.source.layout
    return {
        "version": VERSION,
        "list": _fingerprint(order.file),
        "layout": [layout.delimiter, layout.column, layout.width, *([layout.above] if layout.above else [])],
        "codec": order.source.encoding.codec,
        "sheet": order.source.sheet,
        "policy": repr(order.know.policy),
        "chunk": order.chunk,
        "dns": order.asking is not None,
        "external": "" if order.external is None else order.external.name,
    }


def _fingerprint(file: IO[bytes]) -> str:
    """Its length, and its first and last octets: enough to tell one list from another without reading it."""
    file.seek(0, os.SEEK_END)
    length = file.tell()
    digest = blake2b(str(length).encode(), digest_size=16)
    for place in (0, max(0, length - _ENDS)):
        file.seek(place)
        digest.update(file.read(_ENDS))
    return digest.hexdigest()
