"""Events and the states folded out of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from retour.instants import Instant
from retour.model import Event, State
from retour.ports.lives import (
    BouncedAddress,
    BounceQuery,
    Counted,
    Counting,
    DomainCount,
    Erased,
    History,
    Kept,
    Life,
    Stored,
)
from retour.ports.records import Change, Record, RecordQuery
from retour.ports.sends import SecondName


class Ledger(Protocol):
    """Events and the states folded out of them, written in one transaction."""

    def record(self, events: Sequence[Event], now: Instant, names: Sequence[SecondName] = ()) -> list[Change]:
        """Add events (known ids are ignored), fold the states they touch, write the ledger; one commit.

        The id of an event belongs to one address for ever. A proven delivery that names a send is noted on
        that send instead (lifecycle rule 15), the earliest of several; where nobody registered the send (its
        id is below 0) it is kept for an address that has events, or gets one in this call, and else nowhere.
        Reports beyond the thousandth of an address that may move it, or that may not, are kept without
        effect, and in no life. What was filed under that which stood for a send, before one of these
        events told the second name of its message, is the send's from now on. Returns the changes of state,
        in the order in which their addresses first stand in the events. Raises KeyError for an unknown
        account.
        """

    def state(self, account: str, address: str, now: Instant) -> State:
        """The state at `now`, folded under the policies of now. Never seen: VALID."""

    def life(self, account: str, address: str, now: Instant) -> Life | None:
        """Everything known of one address; None when it was never seen."""

    def bounces(self, query: BounceQuery, now: Instant) -> list[BouncedAddress]:
        """A page of the Overview, latest bounce first.

        What arrives while pages are read is on none of them: no address is missed or comes twice. Raises
        KeyError for an unknown account, ValueError for a cursor that was never given out.
        """

    def bounced(self, query: BounceQuery, now: Instant, most: int | None, seconds: float) -> Counted | None:
        """How many addresses the Overview lists for these filters, wherever its page is.

        Of at most `most` bounces, or of all, as the states are stored; None when the time was up before.
        Raises as above.
        """

    def counting(self, query: BounceQuery, now: Instant) -> Iterator[Counting]:
        """The same without an end of time, day by day: the last tells how many there are. Raises as above."""

    def due(self, now: Instant, limit: int) -> list[Change]:
        """Write the changes that time alone made up to now, dated at their due time; [] at the end.

        About `limit` addresses in a call and commit; call again until nothing comes.
        """

    def refold(
        self, account: str, now: Instant, limit: int, after: str | None
    ) -> tuple[list[Change], str | None]:
        """After a change of policy: rewrite a batch of stored states; the cursor is None at the end."""

    def of_domain(self, account: str, domain: str) -> list[str]:
        """Addresses of a domain that have events in this account, oldest first; [] when there are none."""

    def standing(self, now: Instant) -> Iterator[Change]:
        """Every stored state that is not plainly `send`, as changes from VALID: what a gate loads."""

    def newest(self) -> int:
        """Number of the latest line of the decision ledger; 0 while it is empty."""

    def moved(self, after: int, limit: int) -> tuple[list[Change], int]:
        """What the lines of the decision ledger beyond the number `after` led to, for a gate elsewhere.

        Every address that they name, with the state stored now, as a change from VALID; and the number to
        go on from, `after` itself when there is nothing new. At most `limit` lines are looked at in a call.
        """

    def of_nobody(self, limit: int, after: int | None = None) -> list[tuple[int, Event]]:
        """Reports that belong to no account, the latest to arrive first, with the numbers to page on by."""

    def undetermined(
        self, limit: int, after: int | None = None, account: str | None = None
    ) -> list[tuple[int, Event]]:
        """Bounces whose cause nothing told, as above; over all accounts, or of one."""

    def known(self, account: str, addresses: Sequence[str]) -> Mapping[str, History]:
        """What the states of these normalised addresses are folded out of; those never seen are left out.

        Their events are without evidence. Raises KeyError for an unknown account.
        """

    def kept(self, account: str, addresses: Sequence[str]) -> Mapping[str, Kept]:
        """What is stored of these normalised addresses, also of erased ones; those never seen are left out.

        Raises KeyError for an unknown account.
        """

    def spellings(self, account: str, mailboxes: Sequence[str]) -> list[str]:
        """Addresses with events that are other spellings of these mailboxes (`address.mailbox`).

        [] when there are none, as mostly. Raises KeyError for an unknown account.
        """

    def size(self, account: str, most: int) -> int:
        """How many addresses have events in this account; at most `most` are counted. Raises as above."""

    def addresses(self, account: str) -> Iterator[str]:
        """Every address that has events in this account, in no order; those of erased ones not.

        They are read as they are asked for. Raises KeyError for an unknown account.
        """

    def erased(self, account: str) -> Erased:
        """Whom this account has erased and goes on stopping. Raises KeyError for an unknown account."""

    def states(
        self, account: str, limit: int, after: str | None = None, domain: str | None = None
    ) -> list[Stored]:
        """Addresses with their stored states, by domain, at most `limit`; `after` is a cursor of a row.

        Raises KeyError for an unknown account, ValueError for a cursor that was never given out.
        """

    def records(self, query: RecordQuery) -> list[Record]:
        """Lines of the decision ledger, latest first; of erased addresses with an empty address.

        Raises KeyError for an unknown account.
        """

    def domains(self, account: str, since: Instant, until: Instant) -> list[DomainCount]:
        """Listed bounces since their addresses were last clean, by domain, of the UTC days of [since, until).

        From roll-ups: "" are those beyond so many domains of a day. Raises KeyError for an unknown account.
        """

    def ends(self) -> tuple[int, int]:
        """The numbers of the latest record and of the latest event."""

    def happened(self, after: int, limit: int) -> tuple[list[Record], int]:
        """The records of all accounts among the next `limit`, oldest first; those of erased addresses not.

        With the number to go on from, which is `after` at the end.
        """

    def acts(self, after: int, limit: int) -> tuple[list[tuple[int, Event]], int]:
        """Proven complaints, unsubscribes and incidents among the next `limit` events, without evidence.

        Oldest first, with the number to go on from, which is `after` at the end.
        """

    def histories(self, limit: int, after: str | None = None) -> tuple[list[History], str | None]:
        """Every address that has events, `limit` in a call, in no order; the cursor is None at the end."""
