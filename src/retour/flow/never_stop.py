"""Never stop: a short list of an account's own addresses and domains that are written to whatever comes back.

It is a setting of the policy, and so each entry has an author and a time. Short, because every mail to a dead
address counts against all who send from the same place; and with a warning that stays for as long as it has
an entry.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from retour.flow.suppressions import provider_of
from retour.instants import Instant
from retour.lifecycle import Policy, PolicyError, PolicyVersion
from retour.texts import catalogue

MOST = 50


@dataclass(frozen=True, slots=True)
class Spared:
    """One entry of the list, with who put it there and when."""

    entry: str  # a normalised address, or a domain
    author: str
    at: Instant
    version: int


def guard(before: Policy, after: Policy) -> None:
    """Refuse a list that grows too long, or names the mailboxes of a public provider. Raises PolicyError.

    What an older version has already may stay, and go: only what is new is looked at.
    """
    new = after.never_stop - before.never_stop
    for entry in sorted(new):
        provider = None if "@" in entry else provider_of(entry)
        if provider is not None:
            raise PolicyError("never_stop", "public_provider", value=entry, provider=provider)
    if new and len(after.never_stop) > MOST:
        raise PolicyError("never_stop", "too_many_spared", count=len(after.never_stop), most=MOST)


def spared(versions: Sequence[PolicyVersion]) -> list[Spared]:
    """The entries of the newest version, each since it has been there without a break."""
    found: dict[str, Spared] = {}
    for version in versions:
        listed = version.policy.never_stop
        found = {entry: each for entry, each in found.items() if entry in listed}
        for entry in listed - found.keys():
            found[entry] = Spared(entry, version.author, version.at, version.number)
    return [found[entry] for entry in sorted(found)]


def warning(policy: Policy, language: str) -> str | None:
    """What is said wherever the account is shown, as long as the list has an entry."""
    count = len(policy.never_stop)
    if not count:
        return None
    words = catalogue(f"never_stop.{language}")
    return words("warning.one" if count == 1 else "warning.many", count=count)
