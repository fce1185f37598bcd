"""Sends in memory."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from retour.address import domain_of, normalise
from retour.identity import first_send_id
from retour.instants import Instant, utc_day
from retour.model import Send
from retour.ports import Rated
from retour.stores.memory.accounts import MemoryAccounts
from retour.stores.memory.rates import MemoryRates


class MemorySends:
    """Sends in dicts."""

    def __init__(self, accounts: MemoryAccounts, rates: MemoryRates) -> None:
        self._accounts, self._rates = accounts, rates
        self._sends: dict[int, Send] = {}
        self._names: dict[str, set[int]] = {}  # second ones
        self.has_events: Callable[[str, str], bool] = lambda account, address: False  # told by the ledger

    def add(self, sends: Sequence[Send]) -> None:
        for send in sends:
            self._accounts.policies(send.account)  # KeyError for an unknown account
        for send in sends:
            if send.id not in self._sends:
                self._sends[send.id] = send
                domain = domain_of(send.recipient).rstrip("> ").lower()
                place = send.account, utc_day(send.handed_over), domain, send.campaign or ""
                self._rates.tally(*place, Rated.SENT, 1)

    def by_id(self, ids: Iterable[int]) -> Mapping[int, Send]:
        return {id: self._sends[id] for id in ids if id in self._sends}

    def by_message_id(self, message_id: str, addresses: Sequence[str]) -> list[Send]:
        found = [send for send in self._sends.values() if send.message_id == message_id]
        found = found or list(self.by_id(self._names.get(message_id, ())).values())
        named = [send for send in found if normalise(send.recipient) in addresses]
        return (named if len(found) > 1 and named else found)[: max(2, len(named))]

    def name(self, name: str, send: int) -> bool:
        """Note a second name of a send; False when it was known, or none was."""
        known = self._names.setdefault(name, set())
        if send in known or send not in self._sends:
            return False
        known.add(send)
        return True

    def delivered(self, account: str, addresses: Sequence[str]) -> Mapping[str, Instant]:
        self._accounts.policies(account)
        wanted, found = set(addresses), dict[str, Instant]()
        for send in self._sends.values():
            address = normalise(send.recipient) or send.recipient
            if send.account == account and send.delivered_at is not None and address in wanted:
                found[address] = max(send.delivered_at, found.get(address, send.delivered_at))
        return found

    def handed_over(self, account: str, addresses: Sequence[str]) -> Mapping[str, Instant]:
        self._accounts.policies(account)
        wanted, found = set(addresses), dict[str, Instant]()
        for send in self._sends.values():
            address = normalise(send.recipient) or send.recipient
            if send.account == account and address in wanted:
                found[address] = max(send.handed_over, found.get(address, send.handed_over))
        return found

    def mails_per_address(self, account: str, since: Instant) -> float | None:
        self._accounts.policies(account)
        own = [each for each in self._sends.values() if each.account == account and each.handed_over >= since]
        addresses = {normalise(each.recipient) or each.recipient for each in own}
        return len(own) / len(addresses) if addresses else None

    def addresses(self, account: str) -> set[str]:
        """To whom sends of an account are known."""
        own = [send.recipient for send in self._sends.values() if send.account == account]
        return {normalise(each) or each for each in own}

    def expire(self, before: Instant, limit: int, after: int = 0) -> int | None:
        bound = first_send_id(before)
        batch = sorted(id for id in self._sends if after < id < bound)[:limit]
        for id in batch:
            send = self._sends[id]
            address = normalise(send.recipient) or send.recipient
            if send.handed_over < before and not self.has_events(send.account, address):
                del self._sends[id]
        return batch[-1] if batch else None

    def of_address(self, account: str, address: str) -> list[Send]:
        """The sends to one address, oldest first."""
        own = [send for send in self._sends.values() if send.account == account]
        return [send for send in own if normalise(send.recipient) == address]

    def deliver(self, id: int, at: Instant) -> bool:
        """Note a delivery; False when the send is not known."""
        send = self._sends.get(id)
        if send is not None and (send.delivered_at is None or at < send.delivered_at):
            self._sends[id] = replace(send, delivered_at=at)
        return send is not None
