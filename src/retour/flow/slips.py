"""What was probably meant by an address that bounced: its domain, or its local part (E9, N9).

Suggestions for people, never applied by themselves: a wrong guess writes to a stranger. Domains are weighed
by `retour.vet`. The weights of local parts are assumptions, chosen so that one hint alone rarely suffices;
they were not measured. Odds are against the address being meant as it stands.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import permutations

from retour.address import domain_of, normalise
from retour.flow.colleagues import MOST_COLLEAGUES, Colleague, written_so
from retour.flow.edits import is_likely, names_of, neighbours, slips
from retour.flow.suppressions import provider_of
from retour.instants import DAY, Instant, to_datetime
from retour.lifecycle import as_judged
from retour.model import Event, EventKind, Reason, StateName
from retour.ports import LOOKED_BACK, Contacts, Store
from retour.vet import Code, Dns, Facts
from retour.vet.typos import suggest_domain

LEAST = 2.0  # odds below which nothing is suggested
MOST = 5
SIBLINGS = 20  # that are looked at
_CAP = 10_000.0
_LOOKED_AT, _ALIKE = 500, 2  # contacts whose addresses begin with the same letters
_LONGEST = 40  # characters of a local part that is looked into

# A local part: one of some hundred neighbours, and what makes it more than that.
_NEIGHBOUR, _LIKELY, _NAME, _SIBLING, _DELIVERED, _ACTIVE, _TWO = 0.01, 3.0, 500.0, 300.0, 200.0, 200.0, 0.1
_DOMAIN_GONE = frozenset({Reason.DOMAIN_UNKNOWN, Reason.DOMAIN_NO_MAIL})
_ANSWERED = frozenset({Reason.ADDRESS_UNKNOWN, Reason.MAILBOX_FULL, Reason.MAILBOX_DISABLED})


class Hint(StrEnum):
    """Why something is suggested; keys of texts."""

    DOMAIN = "domain"
    NAME = "name"
    SIBLING = "sibling"
    DELIVERED = "delivered"
    ACTIVE = "active"
    PATTERN = "pattern"


@dataclass(frozen=True, slots=True)
class Asked:
    """An address, and what else is known of its contact."""

    account: str
    address: str  # normalised
    name: str = ""
    siblings: Sequence[str] = ()  # other addresses of the contact, or of his colleagues
    colleagues: Sequence[tuple[str, str]] = ()  # contacts at the same domain: address and name


@dataclass(slots=True)
class Meant:
    """An address that may have been meant."""

    address: str
    odds: float
    hints: dict[Hint, Instant | None] = field(default_factory=dict)  # with the day that speaks for it


def suggestions(
    asked: Asked, store: Store, now: Instant, delivered: Counter[str] | None = None
) -> list[Meant]:
    """What was probably meant, the most probable first; [] where to guess would be worse.

    `delivered`: what `delivered_to` says, where many are asked about.
    """
    delivered = delivered_to(asked.account, store, now) if delivered is None else delivered
    local, _, domain = asked.address.rpartition("@")
    found = {each.address: each for each in _of_domain(asked, store, now, delivered)}
    if len(local) <= _LONGEST and not local.startswith('"'):
        for each in _of_local(asked, local, domain, store, now):
            found.setdefault(each.address, each)
        for each in _of_colleagues(asked, local, domain, store, now):
            known = found.setdefault(each.address, each)
            if known is not each:
                known.odds = min(known.odds * (1 + each.odds), _CAP)
                known.hints |= each.hints
    likely = sorted((each for each in found.values() if each.odds >= LEAST), key=_order)
    return [each for each in likely if not _is_stopped(asked.account, each.address, store, now)][:MOST]


def with_contact(asked: Asked, contacts: Contacts) -> Asked:
    """The same, with what the account's contacts tell where the call does not: the name, and other addresses
    of somebody of this name."""
    contact = contacts.one(asked.account, asked.address)
    name = asked.name or (contact.name if contact is not None else "")
    beside = contacts.at(asked.account, domain_of(asked.address), MOST_COLLEAGUES + 1)
    colleagues = [(each.address, each.name) for each in beside if each.address != asked.address]
    asked = replace(asked, name=name, colleagues=colleagues)
    if asked.siblings or not name.strip():
        return asked
    near = contacts.page(asked.account, _LOOKED_AT, search=asked.address[:_ALIKE])
    same = [each.address for each in near if each.name.strip().casefold() == name.strip().casefold()]
    others = [address for address in same if address != asked.address]
    return replace(asked, siblings=others[:SIBLINGS])


def _order(meant: Meant) -> tuple[float, str]:
    return -meant.odds, meant.address


def _is_stopped(account: str, address: str, store: Store, now: Instant) -> bool:
    return store.ledger.state(account, address, now).state is StateName.INVALID


# --- the domain -----------------------------------------------------------------------------------------


def _of_domain(asked: Asked, store: Store, now: Instant, delivered: Counter[str]) -> Iterator[Meant]:
    local, _, domain = asked.address.rpartition("@")
    facts = Facts(dns=_answer_of(_bounces(asked, store, now)))
    found = suggest_domain(domain, delivered, facts)
    odds = {found.text: found.odds} if found is not None else {}
    alike = set()
    for sibling in filter(None, map(normalise, asked.siblings[:SIBLINGS])):
        meant = domain_of(sibling)
        if sibling.rpartition("@")[0] == local and slips(domain, meant) == 1:
            alike.add(meant)
            odds[meant] = odds.get(meant, _NEIGHBOUR) * _SIBLING
    for meant, told in odds.items():
        hints = (Hint.DOMAIN, Hint.SIBLING) if meant in alike else (Hint.DOMAIN,)
        yield Meant(f"{local}@{meant}", min(told, _CAP), dict.fromkeys(hints))


def delivered_to(account: str, store: Store, now: Instant) -> Counter[str]:
    """How many mails each domain has taken in thirty days."""
    found: Counter[str] = Counter()
    for row in store.tallies.of(account, now - 30 * DAY, now):
        if row.kind == "delivered" and row.domain:
            found[row.domain] += row.times
    return found


def _bounces(asked: Asked, store: Store, now: Instant) -> Sequence[Event]:
    life = store.ledger.life(asked.account, asked.address, now)
    return [event for event in as_judged(life.events)[0] if event.kind is EventKind.BOUNCE] if life else []


def _answer_of(bounces: Sequence[Event]) -> Dns | None:
    """What the bounces say of the domain: that it is not there, or that a server of it has answered."""
    for reasons, code in ((_DOMAIN_GONE, Code.NXDOMAIN), (_ANSWERED, Code.MX)):
        told = [event.at for event in bounces if event.reason in reasons]
        if told:
            return Dns(code, "ledger", to_datetime(max(told)))
    return None


# --- the local part -------------------------------------------------------------------------------------


def _of_local(asked: Asked, local: str, domain: str, store: Store, now: Instant) -> Iterator[Meant]:
    hinted = _by_name(asked.name, local)
    for meant, told in _by_siblings(asked, local).items():
        hinted[meant] = hinted.get(meant, set()) | told
    near = dict.fromkeys(neighbours(local), 1) | {meant: slips(local, meant) for meant in hinted}
    addresses = {f"{meant}@{domain}": meant for meant in near}
    delivered = store.sends.delivered(asked.account, list(addresses))
    active = store.engagements.latest(asked.account, list(addresses), now - LOOKED_BACK)
    for address, meant in addresses.items():
        if meant not in hinted and address not in delivered and address not in active:
            continue  # as nearly all of them
        told = hinted.get(meant, set())
        hints: dict[Hint, Instant | None] = dict.fromkeys(hint for hint in Hint if hint in told)
        if address in delivered:
            hints[Hint.DELIVERED] = delivered[address]
        if address in active:
            hints[Hint.ACTIVE] = max(active[address].values())
        if hints:
            yield Meant(address, _local_odds(local, meant, near[meant], hints), hints)


_WEIGHTS = {
    Hint.NAME: _NAME,
    Hint.SIBLING: _SIBLING,
    Hint.DELIVERED: _DELIVERED,
    Hint.ACTIVE: _ACTIVE,
}


def _local_odds(local: str, meant: str, steps: int, hints: Mapping[Hint, Instant | None]) -> float:
    odds = _NEIGHBOUR * (_LIKELY if is_likely(local, meant) else 1) * (_TWO if steps > 1 else 1)
    for hint in hints:
        odds *= _WEIGHTS[hint]
    return min(odds, _CAP)


def _of_colleagues(asked: Asked, local: str, domain: str, store: Store, now: Instant) -> Iterator[Meant]:
    """As those write theirs who take mail at the same domain; consumers at one provider are no colleagues."""
    if provider_of(domain) is not None:
        return
    told = dict.fromkeys(filter(None, map(normalise, asked.siblings[:SIBLINGS])), "") | dict(asked.colleagues)
    beside = [address for address in told if domain_of(address) == domain and address != asked.address]
    colleagues = [
        Colleague(address.rpartition("@")[0], told[address])
        for address in beside[:MOST_COLLEAGUES]
        if not _is_stopped(asked.account, address, store, now)
    ]
    meant = {f"{each}@{domain}": odds for each, odds in written_so(local, asked.name, colleagues).items()}
    delivered = store.sends.delivered(asked.account, list(meant))
    for address, odds in meant.items():
        if address in told:
            continue  # that is the colleague
        hints: dict[Hint, Instant | None] = {Hint.PATTERN: None}
        if address in delivered:
            hints[Hint.DELIVERED] = delivered[address]
            odds *= _DELIVERED
        yield Meant(address, min(odds, _CAP), hints)


def _by_name(name: str, local: str) -> dict[str, set[Hint]]:
    """Local parts that the contact's name would give, and that a slip or two turn into this one."""
    found = set()
    words = names_of(name)
    pieces = re.split(r"([^a-z]+)", local.lower())
    forms = {form for pair in permutations(words, 2) for form in _forms(*pair)}
    if local.lower() in forms or set(pieces[::2]) <= {*words, ""}:
        return {}  # it is this name as it stands
    for place in range(0, len(pieces), 2):
        for word in words:
            whole = "".join([*pieces[:place], word, *pieces[place + 1 :]])
            if pieces[place] not in words and _near(pieces[place], word):
                found.add(whole)
    found |= {form for form in forms if _near(local.lower(), form)}
    return {meant: {Hint.NAME} for meant in found}


def _forms(first: str, last: str) -> Iterator[str]:
    """How people make a local part of two names."""
    yield from (first + last, first[0] + last, first + last[0])
    yield from (f"{name}{mark}{last}" for name in (first, first[0]) for mark in "._-")


def _by_siblings(asked: Asked, local: str) -> dict[str, set[Hint]]:
    others = (normalise(each) for each in asked.siblings[:SIBLINGS])
    locals_ = {each.rpartition("@")[0] for each in others if each}
    return {meant: {Hint.SIBLING} for meant in locals_ if meant != local and _near(local, meant)}


def _near(typed: str, meant: str) -> bool:
    """One slip; two in what is long; none in what is short, where every letter makes another word."""
    steps = slips(typed, meant) if abs(len(typed) - len(meant)) <= 2 else 3
    return len(meant) > 4 and (steps == 1 or (steps == 2 and len(meant) > 7))
