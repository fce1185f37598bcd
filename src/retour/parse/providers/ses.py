"""Amazon SES: what its notifications say, also when SNS mails them to somebody.

Shapes: `notificationType` (or `eventType`) with an object of the same name beside it, as Amazon's
developer guide documents them in "Contents of Amazon SES notifications".
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from retour.model import Action, Kind, Report
from retour.parse.bounds import RECIPIENTS
from retour.parse.mailbox import one_address
from retour.parse.notice import Notice
from retour.parse.reply import report_of

_SUPPRESSED = frozenset({"Suppressed", "OnAccountSuppressionList"})  # nothing was sent
_LONGEST_STATUS = 9  # characters: RFC 3463 §2 has three digits behind each dot
_ACTIONS = {action.value: action for action in Action}


def read_mailed_notification(notice: Notice) -> tuple[Kind, tuple[Report, ...]] | None:
    """The notification that stands in a mail of SNS; None when there is none."""
    if "notificationtype" not in notice.low and "eventtype" not in notice.low:
        return None
    # QUIRK: Sendmail breaks lines of more than 990 octets with "!" (RFC 5321 §4.5.3.1.6; 51-ses-mailed).
    said = _object_in(notice.words.replace("!\n ", ""))
    said = _object_in(said["Message"]) if isinstance(said.get("Message"), str) else said
    return read_notification(said)


def read_notification(said: Mapping[str, Any]) -> tuple[Kind, tuple[Report, ...]] | None:
    """Kind and reports of one notification; None for what is no notification of a delivery."""
    match said:
        case {"notificationType": "Bounce", "bounce": dict(about)} | {
            "eventType": "Bounce",
            "bounce": dict(about),
        }:
            kind = Kind.SUPPRESSED if about.get("bounceSubType") in _SUPPRESSED else Kind.BOUNCE
            refused = tuple(_refused(kind, each) for each in _each(about, "bouncedRecipients"))
            return kind, refused or (Report(kind, None, mta="ses"),)
        case {"notificationType": "Complaint", "complaint": dict(about)}:
            recipients = (_address(each.get("emailAddress")) for each in _each(about, "complainedRecipients"))
            return Kind.COMPLAINT, tuple(
                Report(Kind.COMPLAINT, recipient, mta="ses") for recipient in recipients
            )
        case {"notificationType": "Delivery", "delivery": {"recipients": list(recipients), **rest}}:
            words = _text(rest.get("smtpResponse"))
            return Kind.DELIVERED, tuple(
                report_of(Kind.DELIVERED, _address(each), words, mta="ses")
                for each in recipients[:RECIPIENTS]
            )
    return None


def _refused(kind: Kind, each: Mapping[str, Any]) -> Report:
    return report_of(
        kind,
        _address(each.get("emailAddress")),
        _text(each.get("diagnosticCode")),
        action=_ACTIONS.get(_text(each.get("action"))),
        status=_text(each.get("status"))[:_LONGEST_STATUS] or None,
        mta="ses",
    )


def _each(about: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    listed = about.get(name)
    return (
        each for each in (listed if isinstance(listed, list) else [])[:RECIPIENTS] if isinstance(each, dict)
    )


def _address(value: object) -> str | None:
    return one_address(_text(value))


def _text(value: object) -> str:
    """A string of JSON on one line, fit to be stored: JSON can escape half of a pair (RFC 8259 §8.2)."""
    return " ".join(value.encode("utf-8", "replace").decode().split()) if isinstance(value, str) else ""


def _object_in(text: str) -> dict[str, Any]:
    """The first JSON object of a text; empty when there is none, or one too deep to be meant well."""
    try:
        found, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
