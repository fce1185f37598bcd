"""The log of KumoMTA: a JSON record a line, as parse/providers/kumomta.py reads it."""

import json
from typing import Any, Final

from retour.model import Kind
from retour.parse.logs.entry import BROKEN_LINE, Entry, LogReader, defective
from retour.parse.logs.told import entry_of
from retour.parse.providers import kumomta

_TOLD: Final = frozenset(
    ("Bounce", "OOB", "Expiration", "TransientFailure", "Feedback", "Delivery", "AdminBounce")
)  # all else is about mail coming in, or on its way through the queues
_PASSED_OVER: Final[tuple[bytes, ...]] = b'{"type":"Reception"', b'{"type":"Delivery"'
LONGEST_RECORD: Final = 1024 * 1024  # octets: the record of a complaint may hold the mail


class KumoLog(LogReader):
    """Reads KumoMTA's log. Deliveries that succeeded are passed over unless they are asked for."""

    longest = LONGEST_RECORD

    def __init__(self, successes: bool = False) -> None:
        self._successes = successes

    def read(self, block: bytes) -> list[Entry]:
        """What these records tell: one entry a recipient and attempt, with one report."""
        found: list[Entry] = []
        passed_over = _PASSED_OVER[:1] if self._successes else _PASSED_OVER
        for octets in block.split(b"\n"):
            if octets.startswith(b"{") and not octets.startswith(passed_over):
                self._record(octets[: self.longest].rstrip(b"\r"), found)
        return found

    def _record(self, octets: bytes, found: list[Entry]) -> None:
        try:
            record: Any = json.loads(octets)
        except (ValueError, RecursionError):
            found.append(defective(BROKEN_LINE, "kumomta", octets, None, None, "", octets, self.longest))
            return
        if not isinstance(record, dict) or record.get("type") not in _TOLD:
            return
        found += [
            entry_of(
                told,
                record,
                (octets,),
                sender=record.get("sender"),
                time=record.get("event_time") or record.get("timestamp"),
                queue_id=record.get("id"),
                host=record.get("nodeid"),
            )
            for told in kumomta.events(record)
            if told.report.kind is not Kind.DELIVERED or self._successes
        ]
