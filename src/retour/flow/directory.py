"""Who is who: the accounts by number and return domain, as inlets and outlets ask for them at each mail."""

from retour.flow.policy import in_force
from retour.flow.rewrite import Gate
from retour.instants import Instant
from retour.lifecycle import PolicyVersion, ignoring
from retour.ports import Account, Accounts


class Directory:
    """Read again about once a second, for another process may have made an account meanwhile."""

    def __init__(self, accounts: Accounts, gate: Gate) -> None:
        self._accounts = accounts
        self._gate = gate
        self._told: dict[str, PolicyVersion] = {}  # policy that the gate was told of
        self._by_number: dict[int, Account] = {}
        self._by_name: dict[str, Account] = {}
        self._domains: frozenset[str] = frozenset()

    def refresh(self, now: Instant) -> None:
        """Learn of accounts, and tell the gate of policies that it does not know yet."""
        known = self._accounts.accounts()
        for account in known:
            versions = self._accounts.policies(account.name)
            version = in_force(versions, now)
            if self._told.get(account.name) != version:  # erasing takes an address out of a version
                self._gate.policy(account.name, version.policy, version.number, ignoring(versions))
                self._told[account.name] = version
        self._by_number = {account.number: account for account in known}
        self._by_name = {account.name: account for account in known}
        self._domains = frozenset(account.return_domain for account in known)

    def name_of(self, number: int) -> str | None:
        """Name of the account with this number."""
        account = self._by_number.get(number)
        return None if account is None else account.name

    def exists(self, name: str) -> bool:
        """Whether there is an account of this name, as of a second ago."""
        return name in self._by_name

    def is_ours(self, domain: str) -> bool:
        """Whether a (normalised) domain is an account's return domain."""
        return domain in self._domains

    def named(self, name: str, now: Instant) -> Account | None:
        """The account of this name; one that is not known is looked for before it is denied."""
        if name not in self._by_name:
            self.refresh(now)
        return self._by_name.get(name)
