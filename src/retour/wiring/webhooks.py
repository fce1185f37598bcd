"""What the webhooks' port believes, keeps and tells."""

import asyncio
from collections.abc import Mapping

import structlog

from retour.inlets import webhooks as inlet
from retour.inlets.webhooks import Fetch, Fetched, Https, Key, Setup, SetupError, Source, Watch, Webhooks
from retour.parse.providers.generic import Map
from retour.settings import Webhook
from retour.wiring.house import House, StartError
from retour.wiring.mappings import mappings

log = structlog.get_logger("retour")
PREFIX = "webhooks/"  # of all marks that this way in keeps in the inbox


def webhooks(house: House, https: Https | None = None) -> Webhooks:
    """The application over the sources of the settings. Raises StartError."""
    fetch = (https or Https()).get
    certificates, maps = Fetched(fetch), mappings(house.settings.webhooks.sources)
    sources = {
        name: _source(name, chosen, house, maps, certificates, fetch)
        for name, chosen in house.settings.webhooks.sources.items()
    }
    watch = Watch(house.inbox.cursors(PREFIX), log.error, log.info)
    made = Webhooks(
        sources,
        house.door.accept,
        lambda id: asyncio.to_thread(_content, house, id),
        lambda prefix: asyncio.to_thread(lambda: len(house.inbox.cursors(prefix))),
        house.clock.now,
        watch,
    )
    metrics = house.metrics
    metrics.counter("retour_webhooks", "Posts to webhooks, by outcome", "outcome", lambda: watch.counts)
    metrics.gauge(
        "retour_webhook_alarm", "Webhooks that worked and are refused now", "source", lambda: watch.alarms
    )
    return made


def setup_of(name: str, chosen: Webhook, public_url: str) -> Setup:
    """How a source is set up, for what verifies it."""
    exact = chosen.public_url.get_secret_value()
    base = public_url.rstrip("/")
    built = [f"{base}/hooks/{name}/{path.get_secret_value()}" for path in chosen.paths] if base else []
    return Setup(
        chosen.provider,
        [key.get_secret_value() for key in chosen.keys],
        chosen.scheme,
        chosen.topics,
        chosen.certificate_host,
        [exact] if exact else built,
        chosen.header,
        chosen.query,
        chosen.algorithm,
        chosen.encoding,
        chosen.prefix,
        chosen.template,
        chosen.timestamp,
        chosen.tenant,
        chosen.audience,
        chosen.application,
        chosen.jwks,
    )


def _source(
    name: str, chosen: Webhook, house: House, maps: Mapping[str, Map], certificates: Fetched, fetch: Fetch
) -> Source:
    setup = setup_of(name, chosen, house.settings.webhooks.public_url)
    try:
        scheme = inlet.scheme_of(setup, certificates, fetch)
    except SetupError as error:
        raise StartError(f"webhook_{error.name}", source=name, what=error.what) from error
    lacking = "paths" if not chosen.paths else inlet.missing(setup)
    if lacking:
        log.warning("a webhook is closed: a setting is missing", source=name, missing=lacking)
    paths = [Key(path.get_secret_value().encode()) for path in chosen.paths]
    undated, mapping = inlet.is_undated(setup), maps.get(f"webhooks.{name}")
    return Source(name, chosen.provider, chosen.account, paths, scheme, chosen.proof, undated, mapping)


def _content(house: House, id: bytes) -> bytes | None:
    found = house.inbox.arrival(id)
    return None if found is None else found.raw
