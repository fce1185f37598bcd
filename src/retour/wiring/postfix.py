"""What answers Postfix."""

from collections import Counter
from collections.abc import Callable, Mapping

from retour.flow.why import Stop, why
from retour.model import Decision
from retour.outlets import postfix
from retour.outlets.postfix import Maps, Origins, Policy, Stopped
from retour.ports import Rated
from retour.settings import Origin, Socketmap
from retour.smtpd import Reply
from retour.wiring.house import House
from retour.wiring.smtp import opinions


def policy(house: House) -> Policy:
    """The Postfix policy service."""
    made = speaker(house)
    house.metrics.counter("retour_policy_answers", "Answers to Postfix", "outcome", lambda: made.counts)
    house.metrics.counter(
        "retour_stopped_answers", "Answers to Postfix that stopped a send", "account", lambda: made.avoided
    )
    return made


def speaker(house: House) -> Policy:
    """What finds the words for a refusal, uncounted: whoever refuses says the same."""
    chosen = house.settings.postfix
    origins = Origins(
        house.keys.keyring,
        house.directory.name_of,
        _origins(chosen.contexts),
        _origins(chosen.logins),
        _origins(chosen.domains),
        house.directory.exists,
    )
    return Policy(
        house.table,
        origins,
        lambda account, address, decision: _explain(house, account, address, decision),
        house.clock,
        defer_stops=chosen.stop_answer == "defer",
        more_url=chosen.more_url,
        spared=lambda account, address: house.avoided.note(
            account, (address,), Rated.BY_POLICY, house.clock.now()
        ),
    )


def socketmaps(
    house: House, service: Policy, failed: Callable[[Exception], None]
) -> Callable[[Socketmap], Maps]:
    """What makes the lookup tables of a socket."""
    counts: Counter[str] = Counter()
    house.metrics.counter("retour_socketmap_lookups", "Lookups of Postfix", "map", lambda: counts)
    inlet = opinions(house, "socketmap")

    def is_genuine(recipient: str) -> bool:
        return not isinstance(inlet.recipient(recipient), Reply)

    return lambda chosen: Maps(service, is_genuine, counts, failed, origin(chosen), Stopped(chosen.stopped))


def origin(given: Origin) -> postfix.Origin:
    """Whose mail something stands for, as the policy service reads it."""
    return postfix.Origin(given.account, given.kind)


def _origins(given: Mapping[str, Origin]) -> dict[str, postfix.Origin]:
    return {name: origin(each) for name, each in given.items()}


def _explain(house: House, account: str, address: str, decision: Decision) -> Stop:
    return why(account, address, decision, house.store.ledger, house.clock.now())
