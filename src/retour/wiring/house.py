"""The house itself: from settings to stores, gate and stories."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import msgspec
import structlog

from retour import datadir, keyfile, secret
from retour.bus import LocalBus
from retour.classify import Classifier, Rulebook
from retour.clock import SystemClock
from retour.datadir import Marks
from retour.flow.announce import Announcing, Silent
from retour.flow.avoided import Avoided
from retour.flow.desk import Desk
from retour.flow.directory import Directory
from retour.flow.guard import Guard
from retour.flow.heard import Heard, Standing
from retour.flow.intake import Door, Taken, Worker, take_in
from retour.flow.judge import Judged, judge
from retour.flow.listcheck.expiry import Expiring
from retour.flow.listcheck.work import ROOM
from retour.flow.outage import GuardTerms
from retour.flow.own_rules import OwnRulesError, RuleFile, classifier_with, in_words, read
from retour.flow.platform import Platform, Terms
from retour.flow.restore_desk import Common, RestoreDesk
from retour.flow.rewrite import Rewriter, Rewriting
from retour.flow.schedule import Schedule
from retour.instants import DAY, HOUR, SECOND, Instant
from retour.keyfile import Keys
from retour.metrics import Metrics
from retour.model import Arrival, Reading
from retour.outlets.notify import Courier
from retour.parse.providers.generic import Map
from retour.ports import Records
from retour.settings import Settings
from retour.snapshot import Table
from retour.stores import rules_desk, sqlite
from retour.stores.sqlite import SqliteInbox, SqliteShelf
from retour.texts import catalogue
from retour.wiring import notify
from retour.wiring.mappings import MappingError, mappings

log = structlog.get_logger("retour")


class StartError(Exception):
    """Retour cannot start; `told` says why and what to do, in the reader's language."""

    def __init__(self, code: str, **details: object) -> None:
        self.code = code  # a key under [start] in texts/serve.en.toml
        self.details = details
        super().__init__(self.told())

    def told(self, lang: str = "en") -> str:
        """The sentence."""
        return catalogue(f"serve.{lang}")(f"start.{self.code}", **self.details)


class RulesError(StartError):
    """The same, for own rules that cannot be used: every fault, a line each."""

    def __init__(self, fault: OwnRulesError) -> None:
        self.fault = fault
        super().__init__("rules", faults="")

    def told(self, lang: str = "en") -> str:
        """The sentence, and a line for each fault."""
        texts = catalogue(f"rules.{lang}")
        faults = "\n".join(f"  {in_words(found, texts)}" for found in self.fault.found)
        return catalogue(f"serve.{lang}")("start.rules", faults=faults)


class RulesInForce:
    """What arrivals are judged with: the files of the settings before ours. Raises RulesError."""

    def __init__(self, settings: Settings) -> None:
        self._files, self._published = settings.rules.files, settings.data_dir / rules_desk.FOLDER
        self.own: Sequence[RuleFile] = ()  # as they were read
        self._classifier = self._read()

    def judge(self, what: bytes | Reading) -> Judged:
        """One mail, or what was read of another form, under the rules of now."""
        return judge(what, self._classifier)

    @property
    def book(self) -> Rulebook:
        """The rules of now, Retour's and own ones."""
        return self._classifier.book

    def reload(self) -> bool:
        """Read the files again; False where they are at fault, and those of before stay in force."""
        try:
            self._classifier = self._read()
        except RulesError as error:
            log.error("own rules are at fault: those read before stay in force", faults=error.told())
            return False
        log.info("own rules are read again", rules=len(self._classifier.book.own))
        return True

    def _read(self) -> Classifier:
        try:
            own = read([*self._files, *rules_desk.in_force(self._published)])
            made = classifier_with(own)
        except OwnRulesError as error:
            raise RulesError(error) from error
        self.own = own
        return made


@dataclass(slots=True)
class House:
    """Everything that a process with all roles is made of."""

    settings: Settings
    clock: SystemClock
    keys: Keys
    store: Records
    inbox: SqliteInbox
    desk: Desk
    table: Table
    told: Silent  # for the stories: the ledger itself publishes
    directory: Directory
    rewriter: Rewriter
    rewriting: ThreadPoolExecutor
    worker: Worker
    door: Door
    schedule: Schedule
    courier: Courier
    restores: RestoreDesk
    platform: Platform
    guard: Guard
    heard: Heard
    avoided: Avoided
    metrics: Metrics
    rules: RulesInForce
    lock: IO[str]
    shelf: SqliteShelf
    console_secret: str = field(default_factory=secret.new, repr=False)  # of this process alone
    ways: dict[str, Callable[[], Standing]] = field(default_factory=dict)  # that tell how they stand
    wake_jobs: Callable[[], None] = lambda: None  # while they run: there is one to do

    def load(self) -> int:
        """Fill the gate from the store; returns how many addresses are not plainly free."""
        now = self.clock.now()
        self.directory.refresh(now)
        self.table.apply(self.store.ledger.standing(now))
        self.platform.load()
        self.guard.load()
        for account in Marks(self.settings.data_dir, self.store).left():
            self.rewriter.resume(account)
        return self.table.merge()

    def close(self) -> None:
        """Close the files. Nothing may be asked afterwards."""
        self.rewriter.stop()
        self.rewriting.shutdown(cancel_futures=True)
        self.heard.flush(self.clock.now(), at_once=True)
        self.avoided.flush(self.clock.now(), at_once=True)
        self.store.close()
        self.inbox.close()
        self.desk.close()
        self.lock.close()


_encode = msgspec.json.Encoder().encode


def json_of(value: object) -> str:
    """JSON as the standard library makes it, in a tenth of its time. Raises UnicodeEncodeError."""
    return _encode(value).decode()


def build(settings: Settings) -> House:
    """The house over a data directory, which is made if it is missing. Raises StartError."""
    data = settings.data_dir
    rules, maps = RulesInForce(settings), _mappings(settings)
    lock = _locked(data)
    try:
        keys, store, inbox, desk = _opened(data)
    except (keyfile.KeyFileError, sqlite.StoreError) as error:
        lock.close()
        raise StartError("store", reason=error) from error
    clock, metrics, table, bus = SystemClock(), Metrics(), Table(keys.pepper), LocalBus()
    bus.follow(table.apply)
    store, told = replace(store, ledger=Announcing(store.ledger, bus)), Silent()
    directory = Directory(store.accounts, table)
    rewriting = ThreadPoolExecutor(1, "rewriting")
    marks = Marks(data, store)
    rewriter = Rewriter(store, told, table, clock, marks, _logged(rewriting, metrics))
    courier = notify.courier(settings, store, desk, keys.pepper, clock, metrics)
    chosen = settings.platform
    terms = Terms(chosen.confirmations, chosen.within_days * DAY)
    platform = Platform(store, table, clock, keys.pepper, terms)
    guard = Guard(store, told, clock, _guarding(settings), store.acts.note)
    common = Common(platform.since, platform.lift, platform.verdicts, platform.look_at)
    restores = RestoreDesk(store, told, clock, courier.tell, common, store.acts.note)
    heard = Heard(desk.heard)

    def take(arrivals: Sequence[Arrival], now: Instant) -> Taken:
        taken = take_in(arrivals, store, keys.keyring, rules.judge, now, maps, guard.doubting)
        courier.tell(notify.unparsed(arrivals, taken))
        heard.note(arrivals, taken.outcomes, taken.events, now)
        return taken

    worker = Worker(inbox, take, told, clock, report=lambda taken: _report(taken, metrics))
    _watch(metrics, inbox, table)
    kept = settings.retention
    schedule = Schedule(
        store.ledger, store.sends, store.tallies, store.engagements, store.rates, inbox, told, directory,
        rewriter, kept.raw_days, kept.unparsed_days, _gone, desk.jobs,
        (
            restores.finish, platform.follow, *([guard.follow] if settings.guard.enabled else ()),
            Expiring(data / ROOM, desk.jobs, settings.list_check.keep_days, clock),
        ),
    )  # fmt: skip
    return House(
        settings, clock, keys, store, inbox, desk, table, told, directory, rewriter, rewriting, worker,
        Door(inbox, worker.wake), schedule, courier, restores, platform, guard, heard, Avoided(store.rates),
        metrics, rules, lock, sqlite.SqliteShelf(data / sqlite.FINDINGS),
    )  # fmt: skip


def _guarding(settings: Settings) -> GuardTerms:
    chosen = settings.guard
    return GuardTerms(
        chosen.hard, chosen.times, chosen.living, chosen.quiet_hours * HOUR, chosen.look_seconds * SECOND
    )


def _opened(data: Path) -> tuple[Keys, Records, SqliteInbox, Desk]:
    keys = keyfile.load_or_create(data / keyfile.NAME)
    return (
        keys,
        sqlite.open_store(data / sqlite.STORE, keys.pepper, encode=json_of, upgrading=_upgrading),
        sqlite.open_inbox(data / sqlite.INBOX),
        sqlite.open_desk(data / sqlite.DESK),
    )


def _upgrading() -> None:
    log.warning("an older store is brought to this version, which takes minutes with millions of events")


def _mappings(settings: Settings) -> Mapping[str, Map]:
    try:
        return mappings(settings.webhooks.sources)
    except MappingError as error:
        fault, what = error.wrong
        raise StartError("mapping", source=error.source, file=error.file, fault=fault, what=what) from error


def _watch(metrics: Metrics, inbox: SqliteInbox, table: Table) -> None:
    def stand() -> dict[str, int]:
        return {outcome.value: count for outcome, count in inbox.counts().items()}

    metrics.gauge("retour_inbox", "Arrivals in the inbox, by outcome", "outcome", stand)
    metrics.gauge("retour_gate_rows", "Addresses that the gate knows", "gate", lambda: {"local": table.rows})
    metrics.gauge("retour_never_stop", "Entries that are never stopped", "account", table.never_stopped)


def _report(taken: Taken, metrics: Metrics) -> None:
    metrics.taken.update(outcome.value for outcome in taken.outcomes.values())
    metrics.events.update(event.standing.value for event in taken.events)
    metrics.passing.update(told.kind for told in taken.passing)
    metrics.strange.update(taken.strange)
    for arrival, fault in taken.faults.items():
        metrics.faults["judge"] += 1
        log.error("an arrival was not judged; it is kept as unparsed", arrival=arrival.hex(), exc_info=fault)


def _gone(count: int) -> None:
    log.warning("unparsed arrivals are past retention.unparsed_days: their bytes are gone", arrivals=count)


def _logged(pool: ThreadPoolExecutor, metrics: Metrics) -> Callable[[Rewriting], None]:
    def run(job: Rewriting) -> None:
        def logged() -> None:
            try:
                job()
            except Exception:
                metrics.faults["rewriting"] += 1
                log.exception("states could not be rewritten; tried again within a second")

        pool.submit(logged)

    return run


def _locked(data: Path) -> IO[str]:
    try:
        lock = datadir.lock(data)
    except OSError as error:
        raise StartError("directory", data=data, reason=error.strerror, user=os.getuid()) from error
    if lock is None:
        raise StartError("in_use", data=data)
    return lock
