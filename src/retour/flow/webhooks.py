"""Recorded bodies of providers' webhooks → verdicts, as `retour explain --as` shows them."""

from collections.abc import Mapping
from typing import Any

from retour import instants
from retour.classify import Classifier
from retour.flow.judge import Judged, explained, judged
from retour.lifecycle import Policy
from retour.model import Kind, Reading
from retour.parse.providers.generic import Map
from retour.parse.providers.registry import read_body


def explained_body(
    source: str,
    provider: str,
    raw: bytes,
    policy: Policy,
    rules: Classifier | None = None,
    defects: tuple[str, ...] = (),
    mapping: Map | None = None,
) -> Mapping[str, Any]:
    """The object of the command-line contract (docs/json.md) for one body; JSON values only.

    Each report bears its event's id, message, time, tags and metadata besides; the object's kind and
    message are those of the first.
    """
    body = read_body(provider, raw, mapping)
    reports = tuple([told.report for told in body.told])
    message_id = body.told[0].message_id if body.told else None
    found = judged(Reading(Kind.OTHER, reports, message_id=message_id, mta=provider), rules)
    shown = dict(explained(source, _first_counts(found), policy, (*defects, *body.defects)))
    shown["reports"] = [
        {
            **each,
            "event_id": told.event_id,
            "message_id": told.message_id,
            "time": instants.text(told.report.at) if told.report.at is not None else None,
            "tags": list(told.tags),
            "metadata": dict(told.metadata),
            "ambiguous": told.ambiguous,
        }
        for each, told in zip(shown["reports"], body.told, strict=True)
    ]
    return shown


def _first_counts(found: Judged) -> Judged:
    if not found.verdicts:
        return found
    return Judged(found.reading._replace(kind=found.verdicts[0].kind), found.verdicts)
