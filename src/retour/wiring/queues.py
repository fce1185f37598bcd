"""The queues that Retour visits by itself. boto3 is loaded where there is one, and only then."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from retour.inlets.pickup.desk import Desk, Keep, Terms
from retour.inlets.pickup.follow import Follower
from retour.settings import Queue
from retour.wiring.house import House, StartError
from retour.wiring.pickup import noticed, troubled, watch

if TYPE_CHECKING:
    from retour.inlets.pickup import sqs

_REGION = re.compile(r"^https://sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/")
_CONNECTING = 10  # seconds
_BEYOND_THE_POLL = 20  # seconds for which an answer may be late


def queue_followers(house: House, keep: Keep, fault: Callable[[Exception], None]) -> list[Follower]:
    """One follower for each queue of the settings, not yet started. Raises StartError."""
    followers, desks = [], {}
    for name, chosen in house.settings.queues.items():
        terms = Terms(f"queues.{name}", chosen.proof, chosen.account)
        desk = desks[name] = Desk(terms, keep, house.inbox, house.clock.now, noticed("queue", name))
        followers.append(_follower(name, chosen, desk, fault))
    if desks:
        watch(house, "queue", desks)
    return followers


def _follower(name: str, chosen: Queue, desk: Desk, fault: Callable[[Exception], None]) -> Follower:
    try:
        from retour.inlets.pickup import sqs
    except ModuleNotFoundError as error:
        raise StartError("queue_extra", queue=name) from error
    place = sqs.Place(chosen.url, frozenset(chosen.topics), chosen.raw, chosen.wait, chosen.visibility)
    source = sqs.Sqs(place, desk, lambda: _client(chosen))
    return Follower(name, source, troubled("queue", name), fault)


def _client(chosen: Queue) -> "sqs.Client":
    import boto3
    from botocore.config import Config

    region = chosen.region or ((found := _REGION.match(chosen.url)) and found[1]) or None
    config = Config(
        connect_timeout=_CONNECTING,
        read_timeout=chosen.wait + _BEYOND_THE_POLL,
        retries={"total_max_attempts": 1},  # who tries again, and when, is the follower's
    )
    session = boto3.Session(profile_name=chosen.profile or None, region_name=region)
    client: sqs.Client = session.client("sqs", endpoint_url=chosen.endpoint_url or None, config=config)
    return client
