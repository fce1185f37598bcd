"""A store of any size, grown from one that the ledger itself wrote: its addresses again and again, renamed.

What a template account holds (sends, deliveries, bounces of every sort with their evidence, states under a
policy) is written by the ledger; the copies are made in SQL, which keeps every chain of events whole.
"""

import random
import sqlite3
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from retour.address import key
from retour.classify import classifier
from retour.flow.questions import roll
from retour.instants import DAY, HOUR, Instant
from retour.lifecycle import PolicyVersion, policy_from, preset
from retour.model import Event, EventKind, Evidence, Kind, MailKind, Report, Send
from retour.parse import parse_reply
from retour.stores import sqlite

NOW: Instant = 20_500 * DAY
PEPPER = b"pepper of the benchmark"
REPLIES = (
    ("550 5.1.1 <{a}>: Recipient address rejected: User unknown in local recipient table", 2),
    ("452 4.2.2 <{a}>: mailbox is full", 6),
    ("552 5.2.2 <{a}>: Over quota", 4),
    ("550 5.7.1 Message rejected as spam; see http://spam.example/{n}", 2),
    ("421 4.7.0 [{n}] Our system has detected an unusual rate of mail", 2),
    ("451 4.4.1 Connection timed out with mx.{d}", 3),
    ("550 5.4.1 {a}: Recipient address rejected: Access denied", 1),
    ("554 5.7.1 Service unavailable; client blocked using zen.spamhaus.org", 1),
    ("454 Message held back for {a}, try again in {n} seconds", 1),
)
_WEIGHTS = [weight for _, weight in REPLIES]
_TEXTS = [text for text, _ in REPLIES]
_COPY = (
    "INSERT INTO events SELECT number + :by, randomblob(16), renamed(:name, k), account, previous + :by,"
    " label, kind, at, reason, status, send + :sends, handed_over, standing, begins, outcome"
    " FROM events WHERE number <= :last",
    "INSERT INTO evidence SELECT number + :by, replace(body, '@', :name || '@')"
    " FROM evidence WHERE number <= :last",
    "INSERT INTO sends SELECT id + :sends, account, renamed(:name, k), recipient, kind, handed_over,"
    " campaign, sender, subject, NULL, delivered_at FROM sends WHERE id <= :sent",
    "INSERT INTO copies SELECT renamed(:name, k), account, replace(address, '@', :name || '@'), domain,"
    " first + :by, latest + :by, NULL, state, causes, since, until, hard, soft, block, reasons,"
    " reactivations, unsubscribed, changes_at, last_bounce, listed FROM template",
)

_COPY_ROLLED = (
    "INSERT INTO bounced (account, day, facet, number, domain)"
    " SELECT account, day, facet, number + :by, domain FROM bounced WHERE number <= :last",
)
_COUNTED = ("facets", "bounced_days", "bounced_domains", "rates", "shown", "listed_days")


def grow(
    path: Path,
    addresses: int,
    events: int,
    template: int = 2000,
    pepper: bytes = PEPPER,
    rolled: bool = False,
    now: Instant = NOW,
) -> Path:
    """A store of so many addresses with so many events in one account, "acme".

    `now`: the events are of the 390 days before it. `rolled`: with the roll-ups of all events, which are
    else left to those who measure what they cost.
    """
    template = min(template, addresses)
    _write_template(path, template, events * template // addresses, pepper, now)
    if rolled:
        _roll(path, pepper)
    db = sqlite3.connect(path, isolation_level=None)
    db.create_function("renamed", 2, _renaming(db, pepper), deterministic=True)
    db.execute("PRAGMA synchronous = OFF")
    for mode in ("DELETE", "OFF"):  # each copy touches every day: a journal would hold all of them, each time
        db.execute(f"PRAGMA journal_mode = {mode}")
    db.execute("PRAGMA cache_size = -400000")
    db.execute("CREATE TEMP TABLE template AS SELECT * FROM states ORDER BY k")
    db.execute("CREATE TEMP TABLE copies AS SELECT * FROM states LIMIT 0")
    indexes = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql > ''").fetchall()
    for name, _ in indexes:  # made at the end they are sorted once
        db.execute(f"DROP INDEX {name}")
    last, sent = (db.execute(f"SELECT max({n}) FROM {t}").fetchone()[0] for n, t in _ENDS)
    db.execute("BEGIN")
    for copy in range(1, addresses // template):
        told = {
            "by": copy * last,
            "last": last,
            "sends": copy * sent,
            "sent": sent,
            "name": f"-{copy}",
        }
        for statement in (*_COPY, *(_COPY_ROLLED if rolled else ())):
            named = {name: value for name, value in told.items() if f":{name}" in statement}
            db.execute(statement, named)
    db.execute("COMMIT")
    db.execute("INSERT INTO states SELECT * FROM copies ORDER BY k")
    for _, sql in indexes:
        db.execute(sql)
    if rolled:  # each copy is counted as its template is
        for table in _COUNTED:
            db.execute(f"UPDATE {table} SET count = count * ?", (addresses // template,))
        db.execute("UPDATE rolled SET number = (SELECT max(number) FROM events)")
    for made in ("shown_terms", "effects_made"):  # the roll-ups are made anew when the store is opened
        db.execute(f"DELETE FROM {made}")
    db.execute("PRAGMA journal_mode = WAL")
    db.close()
    return path


def _renaming(db: sqlite3.Connection, pepper: bytes) -> Callable[[str, bytes], bytes]:
    """The keyed hash of a copy of an address, by its name and the hash of its original."""
    addresses: dict[bytes, str] = dict(db.execute("SELECT k, address FROM states"))

    @lru_cache(2 * len(addresses))
    def renamed(name: str, k: bytes) -> bytes:
        return key(pepper, addresses[k].replace("@", f"{name}@"))

    return renamed


def _roll(path: Path, pepper: bytes) -> None:
    store = sqlite.open_store(path, pepper)
    while roll(store.segments):
        pass
    store.close()


_ENDS = (("number", "events"), ("id", "sends"))


def _write_template(path: Path, addresses: int, events: int, pepper: bytes, now: Instant) -> None:
    store, chance = sqlite.open_store(path, pepper), random.Random(5)
    store.accounts.add_account("acme", "acme.example", preset("default"), now - 500 * DAY)
    second = policy_from({"soft_threshold": 3}, preset("default"))
    store.accounts.add_policy("acme", PolicyVersion(2, now - 200 * DAY, second, "the benchmark"), 1)
    hosts = ["gmail.com"] * 4 + ["web.de", "outlook.com", *(f"d{n}.example" for n in range(40))]
    names = [f"user{n}@{chance.choice(hosts)}" for n in range(addresses)]
    rules = classifier()
    made: list[Event] = []
    sends: list[Send] = []
    for number in range(events):
        address = names[number % addresses]  # each has about as many: the chains are of all lengths
        address = address if chance.random() < 0.5 else names[chance.randrange(addresses)]
        at = now - chance.randrange(1, 390 * 24) * HOUR
        told = chance.choices(_TEXTS, _WEIGHTS)[0].format(a=address, d=address.partition("@")[2], n=number)
        report: Report = parse_reply(told)._replace(recipient=address, remote_mta=f"mx.{address[-7:]}")
        verdict = rules.classify(report)
        send = None
        if number % 2:
            send = len(sends) + 1
            sent = chance.random() < 0.3
            sends.append(
                Send(
                    send,
                    "acme",
                    address,
                    MailKind.MAILING,
                    at - HOUR,
                    "may",
                    delivered_at=at if sent else None,
                )
            )
        made.append(
            Event(
                number.to_bytes(16),
                EventKind.BOUNCE if verdict.kind is Kind.BOUNCE else EventKind.DELAY,
                at,
                verdict.reason,
                report.status,
                None if send is None or sends[-1].delivered_at else send,
                account="acme",
                address=address,
                actor="lmtp",
                evidence=Evidence(report, verdict, arrival=number.to_bytes(16)),
            )
        )
    store.sends.add(sends)
    for first in range(0, len(made), 1000):
        store.ledger.record(made[first : first + 1000], now - HOUR)
    store.close()
