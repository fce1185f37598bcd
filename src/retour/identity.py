"""Ids: deterministic hashes of what an arrival or an event is, so that repetition is recognised (promise 2).

16 bytes of BLAKE2b each. The id of a send is a number instead: it has to fit into a return address.
"""

import secrets
import threading
from hashlib import blake2b, sha256

from retour.instants import Instant

_SEND_BITS = 11  # below the microsecond, so that two machines rarely meet in one id


def arrival_id(inlet: str, source: str | bytes, recipient: str | None) -> bytes:
    """Id of an arrival: the same mail, by the same way, for the same envelope recipient is one arrival.

    `source` is the id that the source gives (a provider's event id) or else the content itself.
    """
    told = _octets(source) if isinstance(source, str) else sha256(source).digest()
    return _digest(b"arrival", _octets(inlet), told, _octets(recipient or ""))


def event_id(arrival: bytes, send: int | None, recipient: str) -> bytes:
    """Id of the event that one report of an arrival makes; the arrival stands for its inlet and source."""
    return _digest(b"event", arrival, _octets("" if send is None else str(send)), _octets(recipient))


def told_id(source: str, *named: str) -> bytes:
    """Id of an event that its source names, or that is known by what it says, in whatever body it comes."""
    return _digest(b"told", _octets(source), *map(_octets, named))


def send_of_message(account: str, message_id: str, address: str) -> int:
    """What stands for the send of a message that was never registered: below 0, where no id of a send is.

    The same for whoever tells of this message to this address, so that its failure counts once.
    """
    return -1 - (int.from_bytes(_digest(b"message", *map(_octets, (account, message_id, address)))[:8]) >> 1)


def act_id(act: str, account: str, address: str, at: Instant, actor: str) -> bytes:
    """Id of the event that a person or a job makes: who did what to which address, and when."""
    return _digest(b"act", *map(_octets, (act, account, address, str(at), actor)))


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # a remote's octets that were no UTF-8 have an id, too


def _digest(*parts: bytes) -> bytes:
    """Each part with its length before it: no two lists of parts give the same octets."""
    whole = b"".join([octets for part in parts for octets in (len(part).to_bytes(8), part)])
    return blake2b(whole, digest_size=16).digest()


def first_send_id(at: Instant) -> int:
    """The least id that a send registered at this moment can have."""
    return max(at, 0) << _SEND_BITS


class SendIds:
    """Gives the ids of sends: positive, below 2^63, rising with time, never twice from one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self, now: Instant) -> int:
        with self._lock:
            self._last = max(self._last + 1, now << _SEND_BITS | secrets.randbits(_SEND_BITS))
            return self._last
