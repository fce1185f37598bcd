"""Sends, so that an arrival can be tied to one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from retour.instants import Instant
from retour.model import Send


@dataclass(frozen=True, slots=True)
class SecondName:
    """What the message of a send is called besides, by a provider that we believe."""

    name: str
    send: int
    account: str
    address: str  # of the send, normalised
    stood_for: int  # what stood for the send while nobody knew so (identity.send_of_message)


class Sends(Protocol):
    """Sends, so that an arrival can be tied to one."""

    def add(self, sends: Sequence[Send]) -> None:
        """Commit the sends. An id already there is ignored. Raises KeyError for an unknown account."""

    def by_id(self, ids: Iterable[int]) -> Mapping[int, Send]: ...

    def by_message_id(self, message_id: str, addresses: Sequence[str]) -> list[Send]:
        """The send with this Message-ID, else with this second name, over all accounts.

        [] when it is not ours. One message to many has many: then those to these normalised addresses, or
        any two where none is.
        """

    def delivered(self, account: str, addresses: Sequence[str]) -> Mapping[str, Instant]:
        """When the latest delivered send to each of these normalised addresses was delivered.

        Those without one are left out. Raises KeyError for an unknown account.
        """

    def handed_over(self, account: str, addresses: Sequence[str]) -> Mapping[str, Instant]:
        """When the latest send to each of these normalised addresses was handed over; others are left out.

        Raises KeyError for an unknown account.
        """

    def mails_per_address(self, account: str, since: Instant) -> float | None:
        """How many sends each address has had since then that has had any, on average; None without any.

        Of many addresses a sample is looked at. Raises KeyError for an unknown account.
        """

    def expire(self, before: Instant, limit: int, after: int = 0) -> int | None:
        """Look at `limit` sends beyond the id `after`, and drop those handed over before.

        Sends to an address that has events stay: its life counts their deliveries. Returns the id to go on
        from, None when all were looked at.
        """
