"""The stores in memory: a whole body of the ports, for tests, trials and simulations."""

from retour.ports import Store
from retour.stores.memory.accounts import MemoryAccounts
from retour.stores.memory.corrections import MemoryCorrections
from retour.stores.memory.engagements import MemoryEngagements
from retour.stores.memory.inbox import MemoryInbox
from retour.stores.memory.incidents import MemoryIncidents
from retour.stores.memory.ledger import MemoryLedger
from retour.stores.memory.platform import MemoryPlatform
from retour.stores.memory.rates import MemoryRates
from retour.stores.memory.requests import MemoryRequests
from retour.stores.memory.sends import MemorySends
from retour.stores.memory.sweep import MemorySweep
from retour.stores.memory.tallies import MemoryTallies


def new_store() -> Store:
    """An empty system of record."""
    accounts = MemoryAccounts()
    rates = MemoryRates(accounts)
    sends = MemorySends(accounts, rates)
    corrections = MemoryCorrections(accounts)
    ledger = MemoryLedger(accounts, sends, rates, corrections)
    return Store(
        accounts,
        sends,
        ledger,
        MemoryTallies(accounts, rates),
        MemoryEngagements(accounts, sends.has_events),
        MemoryRequests(accounts),
        corrections,
        MemorySweep(ledger, sends),
        MemoryPlatform(accounts, ledger),
        rates,
        MemoryIncidents(accounts, ledger),
        lambda: None,
    )


__all__ = ["MemoryInbox", "new_store"]
