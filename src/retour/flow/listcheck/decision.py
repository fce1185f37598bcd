"""Which file a row goes to. Nothing is dropped but by the short list of `vet`, and as an exact duplicate."""

import re
from enum import StrEnum

from retour.vet import Checked, Code, Facts, Policy, Practical, Rfc
from retour.vet.decide import practical


class Pile(StrEnum):
    """The four files; every row is in exactly one."""

    KEPT = "kept"  # may be written to
    CORRECTED = "corrected"  # a correction is proposed, and waits for somebody's consent
    QUESTIONED = "questioned"  # somebody has to look at it
    DROPPED = "dropped"


PILES = tuple(Pile)

# What is proposed and not done: that somebody wrote (at) does not say that they want mail.
_PROPOSED = frozenset((Code.AT_SPELLED, Code.SEVERAL_IN_CELL))
# No correction makes these right.
NEVER = frozenset((Code.DUP_EXACT, Code.SUPPRESSED))
# Worth a word in the report, and no reason to hold a contact back (listcheck.md §8).
_KEPT = frozenset((Code.ROLE, Code.PRIVACY_RELAY, Code.BOUNCED_SOFT))
# An address, and something beside it: what nobody could part has to be looked at (listcheck.md §5).
_HELD = re.compile(r"(?<![\w.+\-@])[\w.+\-]++@[\w\-]+(?:\.[\w\-]+)+(?![\w@])")


def pile_of(checked: Checked, facts: Facts, policy: Policy) -> Pile:
    """Where a row goes."""
    codes = frozenset(checked.reasons)
    if codes & NEVER:
        return Pile.DROPPED
    if checked.suggestion is not None:
        return Pile.CORRECTED
    if checked.practical is Practical.REJECT:
        return Pile.QUESTIONED if _holds_one(checked) else Pile.DROPPED
    if codes & _PROPOSED:
        return Pile.CORRECTED
    if Code.ENCODING_GUESSED in codes:
        return Pile.QUESTIONED  # with a letter of another encoding it is another's mailbox
    heavier = tuple(finding for finding in checked.findings if finding.code not in _KEPT)
    mailable = checked.normalised is not None
    warned = practical(checked.rfc, mailable, heavier, facts, policy) is not Practical.SEND
    return Pile.QUESTIONED if warned else Pile.KEPT


def _holds_one(checked: Checked) -> bool:
    """Whether an address stands within what is none as a whole."""
    if checked.rfc is not Rfc.INVALID:
        return False
    found = _HELD.search(checked.address)
    return found is not None and found[0] != checked.address
