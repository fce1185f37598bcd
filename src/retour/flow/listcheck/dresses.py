"""What stands around addresses and can be taken off without guessing: judged once for all that have it.

That is sound because letters, digits, dots, hyphens and underscores mean nothing to `cell_of`.
"""

import re
from typing import NamedTuple

from retour.flow.listcheck.cells import cell_of
from retour.vet import Code

_LOCAL, _DOMAIN = r"[a-z0-9_][a-z0-9_\-]*(?:\.[a-z0-9_\-]+)*", r"[a-z0-9.\-]+"
PLAIN = f"^{_LOCAL}@{_DOMAIN}$"  # as plain_rows
# An address with something before, between or behind that is surely no part of it.
DRESSED = (
    r"^(?P<before>(?:[^@]*[ <:(\[\x22'])?)"
    rf"(?P<local>{_LOCAL})(?P<between>@| ?[(\[]at[)\]] ?)(?P<domain>{_DOMAIN})"
    r"(?P<behind>(?:[ >)\]\x22',;:][^@]*)?)$"
)
LONGEST = 1000  # octets of such a cell
AS_IT_IS = r"^[^=+\-@\t\r'\x22,][^\x22,]*$"  # a line of one column that is written as it stands
NAME = r"[A-Za-z]{3,}(?: [A-Za-z]{3,})* <"  # a whole part: words of three letters say nothing but a name
_NAME = re.compile(NAME)
A_NAME = "Ann <"
_MOST = 100_000
_LIKE = "ann.lee", "firm.de"  # an address like all others


_DRESSED, _AS_IT_IS = re.compile(DRESSED), re.compile(AS_IT_IS)


class Undressed(NamedTuple):
    """What is left, and what was done."""

    local: str
    domain: str
    repairs: tuple[Code, ...]


class Dresses:
    """Remembers them."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], tuple[Code, ...] | None] = {}

    def undressed(self, cell: str, alone: bool) -> Undressed | None:
        """A cell without what stands around its address. `alone`: it is the whole line."""
        if len(cell) > LONGEST or (alone and _AS_IT_IS.search(cell) is None):
            return None
        found = _DRESSED.search(cell)
        repairs = None if found is None else self.repairs(*found.group("before", "between", "behind"))
        if found is None or repairs is None:
            return None
        return Undressed(found["local"], found["domain"], repairs)

    def repairs(self, before: str, between: str, behind: str) -> tuple[Code, ...] | None:
        """What has to be done to read an address within this; None where it is not read so."""
        if _NAME.fullmatch(before) is not None:
            before = A_NAME
        dress = before, between, behind
        if dress not in self._known:
            if len(self._known) >= _MOST:
                self._known.clear()
            cell = cell_of(f"{before}{_LIKE[0]}{between}{_LIKE[1]}{behind}")
            self._known[dress] = cell.repairs if cell.addresses == ("@".join(_LIKE),) else None
        return self._known[dress]
