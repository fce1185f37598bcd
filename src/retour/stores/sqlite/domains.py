"""What the DNS said about domains, in SQLite: domains.sqlite3."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from retour.stores.sqlite.database import Database
from retour.stores.sqlite.statements import named
from retour.vet import Code, Dns

DOMAINS = "domains.sqlite3"
_SQL = named("domains.sql")


class SqliteDomains:
    """Answers about domains, with their age."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises StoreError."""
        self._database = Database(path, "domains", cache_mib=8)

    def get(self, names: Sequence[str]) -> Mapping[str, Dns]:
        """What is kept about these names, however old."""
        read = self._database.read()
        rows = (row for name in names for row in read.execute(_SQL["one"], (name,)))
        return {name: _dns(*told) for name, *told in rows}

    def put(self, answers: Sequence[tuple[str, Dns]]) -> None:
        """Keep answers, in place of earlier ones; one commit."""
        if not answers:
            return
        with self._database.write() as db:
            db.executemany(_SQL["keep"], [(name, *_row(dns)) for name, dns in answers])

    def close(self) -> None:
        """Nothing may be asked afterwards."""
        self._database.close()


def _row(dns: Dns) -> tuple[str, str, str, str | None, int, str]:
    until = None if dns.expires_at is None else dns.expires_at.isoformat()
    return dns.state.value, dns.source, dns.checked_at.isoformat(), until, dns.runs, " ".join(dns.hosts)


def _dns(state: str, source: str, at: str, until: str | None, runs: int, hosts: str) -> Dns:
    expires = None if until is None else datetime.fromisoformat(until)
    return Dns(Code(state), source, datetime.fromisoformat(at), expires, runs, tuple(hosts.split()))
