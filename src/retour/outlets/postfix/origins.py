"""Whose mail is it, and of what kind? Read from what a request says, in a fixed order of belief."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from retour.model import MailKind
from retour.outlets.postfix.request import Attributes, text
from retour.return_address import Keyring, looks_like, verify


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose mail it is and of what kind, as far as one source of knowledge tells; None: it does not."""

    account: str | None = None
    kind: MailKind | None = None


NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class Origins:
    """How a request is tied to an account: signed sender, context or port, login, domain, in this order."""

    keyring: Keyring
    account_of: Callable[[int], str | None]  # name of the account with this number
    contexts: Mapping[str, Origin] = field(default_factory=dict)  # by policy_context (Postfix 3.1 and later)
    logins: Mapping[str, Origin] = field(default_factory=dict)  # by sasl_username
    domains: Mapping[str, Origin] = field(default_factory=dict)  # by the sender's domain, lower case
    exists: Callable[[str], bool] = bool  # whether there is an account of this name

    def of(self, request: Attributes, listener: Origin = NOWHERE) -> Origin:
        """Account and kind of a request; each from the first source that knows it.

        An account that settings name and that does not exist, by a slip, is none: the metric tells of it.
        """
        local, _, domain = text(request, b"sender").rpartition("@")
        account = kind = None
        for origin in (
            self._signed(local, domain),
            self.contexts.get(text(request, b"policy_context"), NOWHERE),
            listener,
            self.logins.get(text(request, b"sasl_username"), NOWHERE),
            self.domains.get(domain.lower(), NOWHERE),
        ):
            account = account or origin.account
            kind = kind or origin.kind
        return Origin(account if account and self.exists(account) else None, kind or MailKind.MAILING)

    def _signed(self, local: str, domain: str) -> Origin:
        token = verify(self.keyring, local, domain) if looks_like(local) else None
        account = self.account_of(token.account) if token is not None else None
        return Origin(account, token.kind) if token is not None and account is not None else NOWHERE
