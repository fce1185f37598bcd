"""What became of a restore request, as lines of the decision ledger: asked, and how it ended (K25-K28).

A refusal moves no address, and a request for a domain names none: without lines of their own neither stood
there. What was said is free text, which may name people; it stays with the request, where an erasure reaches.
"""

from collections.abc import Iterator

from retour.identity import told_id
from retour.instants import Instant
from retour.ports import Record, RequestKind, RestoreRequest

ASKED = "requested"
CAUSES = {RequestKind.RESTORE: "request", RequestKind.REVIEW: "review"}


def of(request: RestoreRequest) -> Iterator[tuple[bytes, Record]]:
    """Its lines so far, each with the id under which it is written once."""
    yield _line(request, request.at, request.by, "", ASKED)
    if (ending := request.ending) is not None:
        yield _line(request, ending.at, ending.by, ASKED, ending.status.value)


def _line(request: RestoreRequest, at: Instant, by: str, before: str, after: str) -> tuple[bytes, Record]:
    cause = CAUSES[request.kind]
    id = told_id(cause, request.account, f"{request.id} {after}")
    told = f"{after} {request.id}"
    return id, Record(0, at, request.account, "", by, before, told, cause, id, 0)
