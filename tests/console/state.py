"""All that an account has, as the API tells it: what nobody from outside may have changed."""

import json
from collections.abc import Mapping
from typing import Any

from console.installation import Console

_OF_ACCOUNT = (
    "account", "bounces", "campaigns", "contact-lists", "contacts", "corrections", "incidents", "invitations",
    "jobs", "keys", "ledger", "list-checks", "never-stop", "people", "policy", "policy/versions", "requests",
    "review", "segments", "sources", "suppressions", "suppressions/imports", "topics", "views", "waves",
    "webhooks", "unparsed/shapes", "replay-groups", "rules",
)  # fmt: skip
_UNASKED = {"unparsed/shapes", "replay-groups", "rules"}  # of the platform
_PASSING = {
    "now",
    "behind",
    "last_used_at",
    "seen",
    "since",
    "silent",
    "until",
    "used_at",
}  # runs on by itself


def state(console: Console, staff: str, account: str) -> dict[str, Any]:
    """What each list answers to the key of staff, without what runs on by itself."""
    found = {}
    for path in _OF_ACCOUNT:
        params = {} if path in _UNASKED else {"account": account}
        found[path] = _still(console.ask("GET", f"/v1/{path}", key=staff, params=params))
    # How many an incident is measured on goes on with the day.
    found["incidents"] = [
        (each["id"], each["stage"], each["held"]) for each in found["incidents"]["incidents"]
    ]
    return found


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Which lists differ, and how they read before and now."""
    told = ((path, json.dumps(before[path]), json.dumps(after[path])) for path in before)
    return [f"{path}: {one}\n{other}" for path, one, other in told if one != other]


def _still(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _still(value) for name, value in told.items() if name not in _PASSING}
    return [_still(each) for each in told] if isinstance(told, list) else told
