"""Why a line of the ledger stands there, where the line itself names no cause: who acted tells it."""

from collections.abc import Mapping

_GUARD = "guard"  # who holds addresses during an incident (flow/incident_acts.py)
_SOMEBODY = ("person ", "key ")


def cause_of(line: Mapping[str, str | None]) -> str:
    """The cause of a line; empty where there is none to tell."""
    if line["cause"]:
        return line["cause"]
    actor = line["actor"] or ""
    if actor == _GUARD:
        return "incident"
    is_restore = line["before"] == "invalid" and line["after"] == "valid"
    return "given_back" if is_restore and actor.startswith(_SOMEBODY) else ""
