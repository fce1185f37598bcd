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
_HELD = re.compile(r"(?<![\w.+\-@])[\w.+\-]++@[\w\-]+(?:\.[\w\-]+)+(?![^\W_]|@)")
# With more than one @ it may be glued to another, and no sign tells where it begins or ends.
_GLUED = re.compile(r"[\w+\-]@[\w\-]++\.[\w\-]")


def pile_of(checked: Checked, facts: Facts, policy: Policy) -> Pile:
    """Where a row goes."""
    codes = frozenset(checked.reasons)
    if codes & NEVER:
        return Pile.DROPPED
    if checked.suggestion is not None:
        return Pile.CORRECTED
    if checked.practical is Practical.REJECT:
        return Pile.QUESTIONED if is_unread(checked) else Pile.DROPPED
    if codes & _PROPOSED:
        return Pile.CORRECTED
    if Code.ENCODING_GUESSED in codes:
        return Pile.QUESTIONED  # with a letter of another encoding it is another's mailbox
    heavier = tuple(finding for finding in checked.findings if finding.code not in _KEPT)
    mailable = checked.normalised is not None
    warned = practical(checked.rfc, mailable, heavier, facts, policy) is not Practical.SEND
    return Pile.QUESTIONED if warned else Pile.KEPT


def is_unread(checked: Checked, among_others: bool = False) -> bool:
    """Whether an address stands within what is none as a whole, and nothing is proposed for it.

    `among_others`: several stand there, so that one may have something of another.
    """
    text = checked.address
    if checked.rfc is not Rfc.INVALID or checked.suggestion is not None:
        return False
    if among_others or text.count("@") > 1:
        return _GLUED.search(text) is not None
    found = _HELD.search(text)
    return found is not None and found[0] != text
