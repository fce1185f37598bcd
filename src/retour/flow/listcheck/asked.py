"""The DNS is asked about the domains of a list: each once, those of most contacts first."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from retour.flow.listcheck.alive import Alive, beating, unheard
from retour.flow.listcheck.blocks import records
from retour.flow.listcheck.cells import cell_of
from retour.flow.listcheck.source import Source
from retour.ports.resolver import Resolver
from retour.vet import Code, Dns
from retour.vet.syntax import read

ANSWERS = "domains.jsonl"  # what the DNS said, as it was used: whoever goes on must not be told otherwise
_TOLD_EVERY = 1000


@dataclass(slots=True)
class Asking:
    """Whom to ask, and what was answered."""

    resolver: Resolver
    answers: dict[str, Dns] = field(default_factory=dict)


def counted(source: Source, alive: Alive = unheard) -> Counter[str]:
    """How many rows each domain of a list has, by its A-labels."""
    typed: Counter[str] = Counter()
    for block in source.blocks():
        for record in beating(records(block, source.layout), alive):
            for address in cell_of(record.cell).addresses:
                typed[address.rpartition("@")[2]] += 1
    domains: Counter[str] = Counter()
    for name, count in typed.items():
        parts = read(f"a@{name}")
        if parts.domain is not None and not parts.domain.startswith("["):
            domains[parts.domain] += count
    return domains


def known(asking: Asking, domains: Counter[str], out: Path) -> Iterator[tuple[int, float]]:
    """Ask about these domains; how many are known, and what share of the contacts has one of them."""
    kept = out / ANSWERS
    if kept.exists():
        asking.answers.update(_loaded(kept))
    total = max(domains.total(), 1)
    covered = sum(count for name, count in domains.items() if name in asking.answers)
    wanted = [name for name, _ in domains.most_common() if name not in asking.answers]
    for number, (name, dns) in enumerate(asking.resolver.look_up(wanted), start=1):
        asking.answers[name] = dns
        covered += domains[name]
        if number % _TOLD_EVERY == 0:
            yield len(asking.answers), covered / total
    _keep(kept, asking.answers)
    yield len(asking.answers), covered / total


def _keep(path: Path, answers: dict[str, Dns]) -> None:
    made = path.with_name(f".{path.name}.new")
    with made.open("w", encoding="utf-8") as file:
        for name in sorted(answers):
            file.write(json.dumps([name, *_written(answers[name])]) + "\n")
    made.replace(path)


def _written(dns: Dns) -> Sequence[Any]:
    until = None if dns.expires_at is None else dns.expires_at.isoformat()
    return dns.state.value, dns.source, dns.checked_at.isoformat(), until, dns.runs, list(dns.hosts)


def _loaded(path: Path) -> Iterator[tuple[str, Dns]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            name, state, source, at, until, runs, hosts = json.loads(line)
            expires = None if until is None else datetime.fromisoformat(until)
            yield name, Dns(Code(state), source, datetime.fromisoformat(at), expires, runs, tuple(hosts))
