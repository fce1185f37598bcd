"""What all inlets do alike: make an `Arrival` whose id is the same whenever the same thing arrives again."""

from retour.identity import arrival_id
from retour.instants import Instant
from retour.model import Arrival, Proof

TRUNCATED = "truncated"  # the defect of an arrival of which only the beginning is kept


def arrival(
    inlet: str,
    raw: bytes,
    size: int,
    now: Instant,
    *,
    mail_from: str | None = None,
    rcpt_to: str | None = None,
    proof: Proof = Proof.TOKEN,
    account: str | None = None,
) -> Arrival:
    """An arrival at this inlet; `raw` is its beginning, `size` its true length in octets.

    The envelope sender is no part of its id, for a relay may rewrite it between two tries.
    """
    cut = size > len(raw)
    content = raw + str(size).encode() if cut else raw  # the same beginning may have two ends
    defects = (TRUNCATED,) if cut else ()
    id = arrival_id(inlet, content, rcpt_to)
    return Arrival(id, inlet, now, raw, size, mail_from, rcpt_to, proof, account, defects)
