"""Lists of domains and names: throw-away mailboxes, relays, offices, free mailboxes, traps.

A list is an opinion with a date. A hit warns, names its list, and gives way to what the account knows better:
the domains that it allows, and those where its own mail has arrived.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib import import_module, metadata

from retour.vet.facts import Facts, Policy
from retour.vet.findings import Answer, Code, Evidence, Finding
from retour.vet.suffixes import is_public_suffix
from retour.vet.tables import table

_PACKAGE = "disposable-email-domains"
KEYS = ("qwertzuiop", "qwertyuiop", "asdfghjkl", "yxcvbnm", "zxcvbnm", "1234567890", "abcdefghij")
WALK = 5  # neighbouring keys in a row that nobody's name has


@dataclass(frozen=True, slots=True)
class List:
    """A list of names, what it is called, and its date."""

    name: str
    names: frozenset[str]
    as_of: datetime | None = None

    def holds(self, domain: str) -> bool:
        """Whether the list names this domain or one above it; an ending for everybody is never meant."""
        above = domain
        while "." in above:
            if above in self.names and not is_public_suffix(above):
                return True
            above = above.partition(".")[2]
        return False


@cache
def own(name: str) -> List:
    """One of the lists that are shipped."""
    told = table("lists")
    on: date = told["as_of"]
    return List(
        f"retour {name}", frozenset(told[name].split()), datetime(on.year, on.month, on.day, tzinfo=UTC)
    )


@cache
def disposable() -> tuple[List, ...]:
    """The lists of throw-away mailboxes: the shipped one, and that of the extra `lists` when it is there."""
    try:
        names = import_module("disposable_email_domains").blocklist
    except ImportError:
        return (own("disposable"),)
    # Its version is what dates it: it is released from the list's state of that day.
    return own("disposable"), List(f"{_PACKAGE} {metadata.version(_PACKAGE)}", frozenset(names))


@cache
def _free() -> List:
    names = {name for each in table("providers")["provider"] for name in each["domains"]}
    shipped = own("free")
    return List(shipped.name, shipped.names | names, shipped.as_of)


def of_domain(domain: str, facts: Facts, policy: Policy) -> Iterator[Finding]:
    """What the lists say about a domain."""
    if domain in policy.allowed:
        return
    if not _named(domain):
        return
    trusted = facts.delivered.get(domain, 0) >= policy.known_real
    relay = own("privacy_relay")
    if relay.holds(domain):
        yield _hit(Code.PRIVACY_RELAY, relay)
        return
    if policy.disposable and not trusted and domain not in _free().names:
        yield from (_hit(Code.DISPOSABLE, each) for each in disposable() if each.holds(domain))
    if policy.free and domain in _free().names:
        yield _hit(Code.FREE, _free())
    if policy.trap_like and not trusted and any(word in domain for word in own("trap_words").names):
        yield _hit(Code.TRAP_LIKE, own("trap_words"))


@cache
def _all_names() -> tuple[frozenset[str], Callable[[str], object]]:
    names = frozenset().union(*(each.names for each in (own("privacy_relay"), _free(), *disposable())))
    return names, re.compile("|".join(map(re.escape, sorted(own("trap_words").names)))).search


def _named(domain: str) -> bool:
    """Whether any list may name a domain: one look at all of them, for most are named by none."""
    names, words = _all_names()
    above = domain
    while above not in names:
        _, _, above = above.partition(".")
        if not above:
            return words(domain) is not None
    return True


def of_local(local: str, policy: Policy) -> Iterator[Finding]:
    """What the lists say about a local part."""
    low = local.lower()
    if policy.role and is_role(low):
        yield _hit(Code.ROLE, own("role"))
    if policy.trap_like and is_trap_like(low):
        yield _hit(Code.TRAP_LIKE, own("trap_like"))


def is_role(local: str) -> bool:
    """Whether a local part in lower case is an office: "sales", "sales-2", "no_reply"."""
    return _bare(local) in offices()


def is_trap_like(local: str) -> bool:
    """Whether a local part in lower case looks made up: a known word, one key, keys in a row, a hash."""
    return local in walks() or _repeated(local) is not None


_repeated = re.compile(r"(.)\1{3,}|[0-9a-f]{32,}").fullmatch
_JOINTS = str.maketrans("", "", "-._")


def _bare(local: str) -> str:
    """A local part without tag, number at its end, and joints."""
    if "+" in local:
        local = local.partition("+")[0]
    return local.rstrip("0123456789-._").translate(_JOINTS)


@cache
def offices() -> frozenset[str]:
    """What offices are called, without joints."""
    return frozenset(map(_bare, own("role").names))


@cache
def walks() -> frozenset[str]:
    """Words that are known to be made up, and all walks over neighbouring keys."""
    rows = (*KEYS, *(row[::-1] for row in KEYS))
    ends = (
        (row, start, end) for row in rows for start in range(len(row)) for end in range(start, len(row) + 1)
    )
    walks = {row[start:end] for row, start, end in ends if end - start >= WALK}
    return own("trap_like").names | walks


def listed_locals() -> frozenset[str]:
    """The local parts that a list names, offices without their joints."""
    return offices() | walks()


def suspects(policy: Policy) -> Callable[[str], bool]:
    """A quick test of local parts under a policy: whether a list may have anything to say of one."""
    roles = offices() if policy.role else frozenset()
    made_up = walks() if policy.trap_like else frozenset()
    trap_like = policy.trap_like

    def suspect(local: str) -> bool:
        low = local.lower()
        if low in made_up or (trap_like and _repeated(low) is not None):
            return True
        return _bare(low) in roles

    return suspect


def _hit(code: Code, where: List) -> Finding:
    return Finding(code, Evidence("list", Answer.YES, where.name, where.as_of))
