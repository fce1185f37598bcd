"""The check of lists: where they lie, and whom the DNS is asked of."""

from collections.abc import Mapping
from pathlib import Path

from retour.flow.jobs import Work
from retour.flow.listcheck import outcome, taking, work
from retour.flow.listcheck.erasing import CheckedLists
from retour.ports.resolver import Resolver
from retour.resolve import DnsResolver, server_of
from retour.stores.sqlite.domains import DOMAINS, SqliteDomains
from retour.wiring.house import House


def list_room(house: House) -> Path:
    """The directory with a directory for each check."""
    return house.settings.data_dir / work.ROOM


def works(house: House) -> Mapping[str, Work]:
    """What jobs do for lists that are checked, and for what is taken over from them."""
    room = list_room(house)
    sweep = CheckedLists(room, house.desk.jobs).sweep
    sweep(house.clock.now())
    return {
        **work.works(room, house.store, house.clock, lambda: _resolver(house), sweep),
        **taking.works(room, house.store, house.clock),
        **outcome.works(room, house.store, house.desk.jobs, house.clock),
    }


def _resolver(house: House) -> Resolver | None:
    """The resolver of the settings, with a connection of its own to what was answered; None without one."""
    chosen = house.settings.list_check
    server = server_of(chosen.resolver) if chosen.resolver else None
    if server is None:
        return None
    kept = SqliteDomains(house.settings.data_dir / DOMAINS)
    return DnsResolver(server, kept, house.clock, chosen.at_once)
