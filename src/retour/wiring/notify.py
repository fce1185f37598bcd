"""What tells others: the courier with its carriers."""

import ssl
from collections.abc import Sequence

import structlog

from retour.flow.desk import Desk
from retour.flow.intake import Taken
from retour.flow.notices import Notice, of_unparsed
from retour.flow.outbox import Hook
from retour.metrics import Metrics
from retour.model import Arrival
from retour.outlets.notify import Courier, Reach
from retour.outlets.notify.carriers import Webhooks
from retour.outlets.notify.post import Poster
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
    made = Courier(
        store.ledger,
        desk.outbox,
        {"hook": Webhooks(desk.outbox, pepper, _disabled)},
        Poster(reach(chosen), tls, chosen.patience),
        clock,
        kept_days=chosen.kept_days,
        lost=_lost,
    )
    metrics.counter("retour_notify", "Attempts to tell others, by fate", "fate", lambda: made.tried)
    metrics.gauge("retour_notify_messages", "Messages to others, by state", "state", desk.outbox.counts)
    return made


def unparsed(arrivals: Sequence[Arrival], taken: Taken) -> list[Notice]:
    """Notices of those arrivals that nobody understood."""
    strange = (each for each in arrivals if taken.outcomes.get(each.id) is Outcome.UNPARSED)
    return [notice for each in strange if (notice := of_unparsed(each)) is not None]


def _disabled(hook: Hook) -> None:
    log.warning("a webhook is disabled; what it has not heard waits", hook=hook.id, account=hook.account,
                why=hook.disabled_why)  # fmt: skip


def _lost(count: int) -> None:
    log.warning("messages are past notify.kept_days that nobody has heard: they are gone", messages=count)
