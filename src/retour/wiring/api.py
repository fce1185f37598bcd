"""What the API works with."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace

import structlog

from retour.identity import SendIds
from retour.inlets.webhooks import Https, Pending
from retour.outlets.api.limits import Rate
from retour.outlets.api.services import Forms, Listed, Services, Telling
from retour.outlets.notify.reach import UnreachableError
from retour.outlets.notify.sign import secret_of, shown
from retour.ports import Rated
from retour.secret import digest
from retour.stores.rules_desk import FOLDER, FilesDesk
from retour.stores.sqlite.people import ConsoleFile, SqlitePeople
from retour.stores.sqlite.views import SqliteViews
from retour.wiring.confirm import confirm_url
from retour.wiring.console import DATABASE
from retour.wiring.house import House
from retour.wiring.list_checks import list_room
from retour.wiring.notify import reach
from retour.wiring.one_click import unsubscribe_url
from retour.wiring.sources import reached, sources, standing

log = structlog.get_logger("retour")


def services(house: House, https: Https | None = None) -> Services:
    """What the API works with."""
    return _limited(house, _told(house, _kept(house, https or Https())))


def _kept(house: House, https: Https) -> Services:
    """The bodies of the ports and those who do the stories, with what only a server can do of them."""
    return Services(
        clock=house.clock,
        store=house.store,
        inbox=house.inbox,
        bus=house.told,
        snapshot=house.table,
        directory=house.directory,
        keyring=house.keys.keyring,
        send_ids=SendIds(),
        change_policy=house.rewriter.change,
        desk=house.desk,
        restores=house.restores,
        platform=house.platform,
        guard=house.guard,
        shelf=house.shelf,
        rules=FilesDesk(house.settings.data_dir / FOLDER, house.settings.rules.files, house.rules.reload),
        rulebook=lambda: house.rules.book,
        subscriptions=Pending(house.inbox, https),
        unsubscribe_url=lambda account, send, now: unsubscribe_url(house, account, send, now),
        avoided=lambda account, addresses: house.avoided.note(
            account, addresses, Rated.BY_CHECK, house.clock.now()
        ),
        confirm_url=lambda token: confirm_url(house, token),
        wake_jobs=lambda: house.wake_jobs(),
        list_room=list_room(house),
        down=(sqlite3.OperationalError,),  # a full disk, a failing one, a lock that another holds too long
    )


def _told(house: House, made: Services) -> Services:
    """With what it tells of the server and of those around it: how it stands, ways in and out, people."""
    pages = house.settings.console
    file = ConsoleFile(house.settings.data_dir / DATABASE)
    return replace(
        made,
        metrics=house.metrics.text,
        checks={
            "store": lambda: _answers(house.store.accounts.accounts),
            "inbox": lambda: _answers(lambda: house.inbox.arrival(b"")),
            "rewriting": lambda: not house.rewriter.failing(),
        },
        rewriting=house.rewriter.progress,
        people=SqlitePeople(file) if pages.enabled else None,
        views=SqliteViews(file) if pages.enabled else None,
        console_url=pages.url,
        console=digest(house.console_secret),
        sources=list(sources(house)),
        standing=lambda: standing(house),
        reached=reached(house),
        lists=[
            Listed(name, each.provider, each.account, each.stops, each.restores)
            for name, each in house.settings.lists.items()
        ],
        heard=house.heard.of,
        lags=house.heard.lags,
        telling=Telling(
            lambda hook, number: shown(secret_of(house.keys.pepper, hook, number)),
            lambda url: _unreachable(house, url),
            house.courier.wake,
        ),
        exported=lambda what, account, key: log.info("an export", what=what, account=account, key=key),
    )


def _limited(house: House, made: Services) -> Services:
    """With the limits of the settings, and what they allow."""
    chosen, forms = house.settings.api, house.settings.forms
    return replace(
        made,
        body_limit=chosen.body_limit,
        import_limit=chosen.import_limit,
        resolves=bool(house.settings.list_check.resolver),
        validators=house.settings.list_check.validators,
        four_eyes=house.settings.waves.four_eyes,
        requests=Rate(chosen.requests_per_second, chosen.requests_burst),
        forms=Forms(frozenset(forms.origins), Rate(forms.per_second, forms.burst)),
        checks_rate=Rate(chosen.checks_per_second, chosen.checks_burst),
    )


def _answers(question: Callable[[], object]) -> bool:
    try:
        question()
    except Exception:
        log.exception("a part of Retour does not answer")
        return False
    return True


def _unreachable(house: House, url: str) -> str | None:
    try:
        reach(house.settings.notify).place(url)
    except UnreachableError as error:
        return error.fault
    return None
