"""What tells others: the courier with its carriers."""

import ssl
from collections.abc import Sequence

import structlog

from retour import settings as settings_
from retour.flow.desk import Desk
from retour.flow.intake import Taken
from retour.flow.notices import Notice, of_unparsed
from retour.flow.outbox import Hook
from retour.metrics import Metrics
from retour.model import Arrival
from retour.outlets.notify import Courier, Reach
from retour.outlets.notify.carriers import Carrier, Webhooks
from retour.outlets.notify.lists import PROVIDERS, ProviderList, ProviderLists, calls
from retour.outlets.notify.post import Poster
from retour.outlets.notify.sigv4 import Credentials
from retour.ports import Clock, Outcome, Store
from retour.settings import Notify, Settings

log = structlog.get_logger("retour")


def reach(chosen: Notify) -> Reach:
    """Whom we connect to."""
    return Reach(chosen.allow_networks)


def courier(
    settings: Settings, store: Store, desk: Desk, pepper: bytes, clock: Clock, metrics: Metrics
) -> Courier:
    """The courier over a house's ledger and desk."""
    chosen = settings.notify
    tls = ssl.create_default_context(cafile=None if chosen.ca_file is None else str(chosen.ca_file))
    if chosen.ca_file is not None:
        tls.load_default_certs()
    lists = {name: _list(name, each) for name, each in settings.lists.items()}
    carriers: dict[str, Carrier] = {
        "hook": Webhooks(desk.outbox, pepper, _disabled),
        "list": ProviderLists(lists, store.ledger),
    }
    made = Courier(
        store.ledger,
        desk.outbox,
        carriers,
        Poster(reach(chosen), tls, chosen.patience),
        clock,
        lists=lambda notice: calls(notice, lists.values()),
        kept_days=chosen.kept_days,
        lost=_lost,
    )
    metrics.counter("retour_notify", "Attempts to tell others, by fate", "fate", lambda: made.tried)
    metrics.gauge("retour_notify_messages", "Messages to others, by state", "state", desk.outbox.counts)
    return made


def _list(name: str, chosen: settings_.ProviderList) -> ProviderList:
    aws = None
    if chosen.provider == "ses":
        secret, token = chosen.secret_key.get_secret_value(), chosen.session_token.get_secret_value()
        aws = Credentials(chosen.access_key, secret, chosen.region, token)
    url = chosen.base_url or PROVIDERS[chosen.provider].url.format(region=chosen.region)
    return ProviderList(
        name,
        chosen.provider,
        chosen.account,
        url.rstrip("/"),
        chosen.key.get_secret_value(),
        aws,
        chosen.domain if chosen.provider == "mailgun" else chosen.stream,
        chosen.stops,
        chosen.restores,
    )


def unparsed(arrivals: Sequence[Arrival], taken: Taken) -> list[Notice]:
    """Notices of those arrivals that nobody understood."""
    strange = (each for each in arrivals if taken.outcomes.get(each.id) is Outcome.UNPARSED)
    return [notice for each in strange if (notice := of_unparsed(each)) is not None]


def _disabled(hook: Hook) -> None:
    log.warning("a webhook is disabled; what it has not heard waits", hook=hook.id, account=hook.account,
                why=hook.disabled_why)  # fmt: skip


def _lost(count: int) -> None:
    log.warning("messages are past notify.kept_days that nobody has heard: they are gone", messages=count)
