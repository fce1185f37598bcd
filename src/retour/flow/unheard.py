"""Why a message was not heard: a name for each cause, so that people read a sentence that says what to do.

The sentences stand under [fault] in texts/notify.en.toml and its German sister.
"""

from enum import StrEnum

from retour.flow.outbox import Attempt, Message


class Fault(StrEnum):
    """What stood between us and the receiver, or what it answered."""

    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_LOST = "connection_lost"
    NO_ROUTE = "no_route"
    TIMED_OUT = "timed_out"
    NAME_UNKNOWN = "name_unknown"
    NAME_SERVICE = "name_service"  # which gave no answer
    CERTIFICATE_EXPIRED = "certificate_expired"  # or is not valid yet
    CERTIFICATE_NAME = "certificate_name"  # of another host
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    TLS = "tls"
    NO_HTTP = "no_http"
    BAD_URL = "bad_url"
    NOT_ENCRYPTED = "not_encrypted"
    NOT_PUBLIC = "not_public"
    REDIRECT = "redirect"
    NOT_LET_IN = "not_let_in"
    NOT_FOUND = "not_found"
    GONE = "gone"
    TOO_MUCH = "too_much"
    REFUSED = "refused"
    BROKEN = "broken"
    NOT_SENT = "not_sent"  # nobody to send it to any more
    OTHER = "other"


_OF_STATUS = {
    401: Fault.NOT_LET_IN,
    403: Fault.NOT_LET_IN,
    407: Fault.NOT_LET_IN,
    404: Fault.NOT_FOUND,
    410: Fault.GONE,
    429: Fault.TOO_MUCH,
}
_OF_CLASS = {3: Fault.REDIRECT, 4: Fault.REFUSED, 5: Fault.BROKEN}


def of_status(status: int) -> Fault:
    """What an answer means that is none of 2xx (RFC 9110 §15)."""
    return _OF_STATUS.get(status) or _OF_CLASS.get(status // 100, Fault.OTHER)


def of_message(message: Message) -> str:
    """Why its last attempt was not heard; empty where there was none, or it was."""
    if message.state == "delivered" or not (message.attempts or message.said):
        return ""
    return message.fault or _guessed(message.status)


def of_attempt(attempt: Attempt) -> str:
    """Why it was not heard; empty where it was."""
    return attempt.fault or _guessed(attempt.status)


def _guessed(status: int | None) -> str:
    """Of what was kept before faults had names."""
    if status is None:
        return Fault.OTHER
    return "" if status // 100 == 2 else of_status(status)
