"""The works that jobs name, and the runner that does them."""

from collections.abc import Mapping
from functools import partial
from threading import Event

import structlog

from retour.flow import contacts, erase, erase_many, ledger_check, review, wave_orders, whom
from retour.flow.jobs import Job, Runner, Work
from retour.flow.listcheck.erasing import CheckedLists
from retour.flow.previews import APPLY, REPLAY, UNDO, WHAT_IF, Previews
from retour.flow.waves import Place
from retour.stores import rules_desk
from retour.stores.sqlite.people import ConsoleFile
from retour.stores.sqlite.sessions import SqliteConsole
from retour.wiring import list_checks
from retour.wiring.console import DATABASE
from retour.wiring.house import House
from retour.wiring.mappings import mappings
from retour.wiring.spread import Spread

log = structlog.get_logger("retour")


def runner(house: House) -> Runner:
    """The runner over everything that can be asked for."""
    return Runner(house.desk.jobs, works(house), house.clock, lambda job, error: _crashed(house, job, error))


def works(house: House) -> Mapping[str, Work]:
    """What each kind of job does; a new kind is a line here."""
    made = previews(house)
    place = Place(house.store.ledger, house.store.acts, house.told, house.desk.waves, house.clock)
    return {
        **wave_orders.works(house.store, place),
        **contacts.works(house.store, house.clock),
        **whom.works(house.store, house.clock),
        **review.works(house.store, house.clock),
        **erase.works(_erasing(house)),
        **erase_many.works(_erasing(house)),
        **ledger_check.works(house.store.ledger),
        **list_checks.works(house),
        WHAT_IF: made.what_if,
        REPLAY: made.replay,
        APPLY: made.apply,
        UNDO: made.undo,
    }


def _erasing(house: House) -> erase.Place:
    pseudonym, lists = house.table.pseudonym, CheckedLists(list_checks.list_room(house), house.desk.jobs)
    pause = partial(Event().wait, erase.LOOK)
    inbox, desk = house.inbox.erasing, house.desk.erasures
    settings = house.settings
    rules = partial(rules_desk.readable, settings.data_dir / rules_desk.FOLDER, settings.rules.files)
    views = SqliteConsole(ConsoleFile(settings.data_dir / DATABASE))
    return erase.Place(
        house.store, inbox, desk, pseudonym, house.clock, lists, pause, house.told, rules, views
    )


def previews(house: House) -> Previews:
    """What-ifs and replays."""
    place = Place(house.store.ledger, house.store.acts, house.told, house.desk.waves, house.clock)
    maps = mappings(house.settings.webhooks.sources)  # which the house has looked at when it started
    reading = Spread(house.settings.data_dir, house.keys.pepper, lambda: list(house.rules.own), mappings=maps)
    return Previews(house.store, house.shelf, reading, place, house.desk.jobs)


def _crashed(house: House, job: Job | None, error: Exception) -> None:
    house.metrics.faults["jobs"] += 1
    told = {} if job is None else {"job": job.id, "kind": job.kind}
    log.error("a job ended in a fault of Retour's own", exc_info=error, **told)
