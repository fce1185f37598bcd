"""Every way in that the settings name, how it stands, and where others reach it."""

from collections.abc import Iterator, Mapping

from retour.flow.heard import OPEN, Standing
from retour.inlets import webhooks as inlet
from retour.inlets.webhooks.watch import ALARM
from retour.outlets.api.services import Source
from retour.settings import Webhook
from retour.wiring.house import House
from retour.wiring.webhooks import setup_of


def sources(house: House) -> Iterator[Source]:
    """Every way in that the settings name."""
    chosen = house.settings
    for name, settings in (("smtp", chosen.smtp), ("lmtp", chosen.lmtp)):
        if settings.enabled:
            yield Source(name, name, None)
    for address, place in chosen.inlets.items():
        yield Source(place.name or address, "address", place.account, proof=place.proof)
    for name, hook in chosen.webhooks.sources.items():
        url = _url(name, hook, chosen.webhooks.public_url)
        undated = hook.scheme == "hmac" and bool(hook.header) and not hook.timestamp
        yield Source(f"webhooks.{name}", "webhook", hook.account, hook.provider, hook.proof, url, undated)
    for name, log in chosen.logs.items():
        yield Source(f"log:{name}", "log", log.account, log.format, log.proof)
    for name, mailbox in chosen.mailboxes.items():
        yield Source(f"mailboxes.{name}", "mailbox", mailbox.account, mailbox.kind, mailbox.proof)
    for name, queue in chosen.queues.items():
        yield Source(f"queues.{name}", "queue", queue.account, "ses", queue.proof)


def standing(house: House) -> Mapping[str, Standing]:
    """How each of them stands now; those that are not named here are open."""
    marks = house.inbox.cursors("webhooks/")
    found = {
        f"webhooks.{name}": _webhook(name, hook, house, marks)
        for name, hook in house.settings.webhooks.sources.items()
    }
    return found | {name: look() for name, look in house.ways.items()}


def reached(house: House) -> Mapping[str, str]:
    """Where a mail server and a provider find us, by the settings."""
    chosen = house.settings
    places = {"lmtp": chosen.lmtp, "smtp": chosen.smtp}
    found = {name: f"{each.host}:{each.port}" for name, each in places.items() if each.enabled}
    for each in chosen.postfix.listeners[:1]:
        found["policy"] = f"{each.host}:{each.port}"
    if chosen.webhooks.public_url:
        found["webhooks"] = chosen.webhooks.public_url.rstrip("/")
    return found


def _url(name: str, hook: Webhook, public_url: str) -> str:
    """What is entered at the provider; it holds the secret path."""
    if not hook.paths:
        return ""
    return f"{public_url.rstrip('/')}/hooks/{name}/{hook.paths[0].get_secret_value()}"


def _webhook(name: str, hook: Webhook, house: House, marks: Mapping[str, bytes]) -> Standing:
    setup = setup_of(name, hook, house.settings.webhooks.public_url)
    lacking = "paths" if not hook.paths else inlet.missing(setup)
    if lacking:
        return Standing("closed", None, lacking)
    if alarm := marks.get(ALARM + name):
        at, _, why = alarm.decode().partition(" ")
        return Standing("refused", int(at), why)
    return OPEN
