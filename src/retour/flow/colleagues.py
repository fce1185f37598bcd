"""How people at one domain write their addresses, and how somebody's would be written so (E9).

A company gives addresses by one pattern, mostly: wendy.wilson, w.wilson. Colleagues show which; a consumer's
provider has none. The weight is an assumption that was not measured: one colleague is a hint, two suggest.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from retour.flow.edits import persons_of

MOST_COLLEAGUES = 20  # that are looked at
_EACH = 1.5  # odds that one colleague gives, where all write alike
_TWO_WORDS = re.compile(r"([a-z]+)([._-])([a-z]{2,})")

PATTERNS = (
    *(
        form.replace("*", mark)
        for form in ("{first}*{last}", "{f}*{last}", "{last}*{first}")
        for mark in "._-"
    ),
    *("{first}{last}", "{f}{last}", "{last}{first}", "{first}{l}", "{last}{f}", "{first}", "{last}"),
)


def made_by(pattern: str, first: str, last: str) -> str:
    """The local part that a pattern makes of a name."""
    return pattern.format(first=first, last=last, f=first[0], l=last[0])


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody at the same domain; the name may be empty."""

    local: str
    name: str = ""


def written_so(local: str, name: str, colleagues: Sequence[Colleague]) -> dict[str, float]:
    """How the local part would be written as colleagues write theirs, with the odds that they give.

    Without a name, two words with a mark between are taken for one. What is written so already gives nothing.
    """
    used = Counter(pattern for each in colleagues[:MOST_COLLEAGUES] for pattern in _used(each))
    known = sum(1 for each in colleagues[:MOST_COLLEAGUES] if _used(each))
    found: dict[str, float] = {}
    for pattern, count in used.items():
        for first, last in _persons(local, name):
            meant = made_by(pattern, first, last)
            found[meant] = max(found.get(meant, 0.0), _EACH * count * count / known)
    return {} if local.lower() in found else found


def _used(colleague: Colleague) -> set[str]:
    """The patterns that a colleague's address may have been made by."""
    local = colleague.local.lower()
    return {
        pattern
        for first, last in _persons(local, colleague.name)
        for pattern in PATTERNS
        if made_by(pattern, first, last) == local
    }


def _persons(local: str, name: str) -> list[tuple[str, str]]:
    """First and last name, in the ways in which they are spelled in addresses."""
    if name.strip():
        return persons_of(name)
    words = _TWO_WORDS.fullmatch(local.lower())
    return [(words[1], words[3])] if words else []
