"""Which names belong to nobody in particular: endings under which everybody registers.

An entry of a list that is such a name would condemn a whole country, and has: "com.ar" once stood on a list
of throw-away mailboxes. With the extra `lists` the Public Suffix List says which they are; without it the
top-level domains and the usual second levels of countries do.
"""

from functools import cache
from importlib import import_module, metadata
from typing import Protocol, cast

from retour.vet.tables import table, tld_known

_SECOND = frozenset(
    ("com", "co", "net", "org", "gov", "edu", "ac", "or", "ne", "go", "gob", "gouv", "mil", "sch")
)
_COUNTRY = 2  # letters of a country's top-level domain


class _PublicSuffixes(Protocol):
    def is_public(self, domain: str) -> bool: ...


@cache
def _packaged() -> _PublicSuffixes | None:
    """The list that the package publicsuffixlist carries, when it is installed."""
    try:
        found = import_module("publicsuffixlist")
    except ImportError:
        return None
    return cast(_PublicSuffixes, found.PublicSuffixList())


def source() -> str:
    """Which list says so, with its date."""
    if _packaged() is None:
        return f"retour {table('tlds')['as_of']}"
    return f"publicsuffixlist {metadata.version('publicsuffixlist')}"


def is_public_suffix(domain: str) -> bool:
    """Whether a name is an ending under which everybody registers."""
    first, _, last = domain.rpartition(".")
    if not first:
        return True
    packaged = _packaged()
    if packaged is not None:
        return packaged.is_public(domain)
    return first in _SECOND and len(last) == _COUNTRY and tld_known(last)
