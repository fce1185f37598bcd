"""Who submits: a user name of the settings, or the name of an account; its API keys are the passwords."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from retour.instants import SECOND, Instant
from retour.model import MailKind
from retour.ports import Account, Accounts, Clock, Key
from retour.secret import PREFIX, digest
from retour.smtpd.credentials import Credentials

_REMEMBERED: Instant = 5 * SECOND  # a revoked key works this long at most, as in the API
_MOST_REMEMBERED = 10_000
_KINDS = {kind.value: kind for kind in MailKind}


@dataclass(frozen=True, slots=True)
class Login:
    """What a user name of the settings stands for."""

    account: str
    kind: MailKind | None = None


@dataclass(frozen=True, slots=True)
class Who:
    """Whose mail it is; of what kind, where the login says so."""

    account: Account
    kind: MailKind | None = None


class Logins:
    """Looks credentials up. User names: those given, else `account` or `account/kind`."""

    def __init__(
        self,
        accounts: Accounts,
        named: Callable[[str, Instant], Account | None],
        clock: Clock,
        logins: Mapping[str, Login],
    ) -> None:
        self._accounts = accounts
        self._named = named
        self._clock = clock
        self._logins = logins
        self._known: dict[tuple[str, bytes], tuple[Instant, Who]] = {}

    async def who(self, credentials: Credentials) -> Who | None:
        """Whose these credentials are; None when nobody's. Raises what the store raises."""
        if not credentials.password.startswith(PREFIX):
            return None
        now, asked = self._clock.now(), (credentials.login, digest(credentials.password))
        at, known = self._known.get(asked, (0, None))
        if known is not None and now - at < _REMEMBERED:
            return known
        found = await asyncio.to_thread(self._look_up, *asked, now)
        if found is not None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[asked] = now, found
        return found

    def _look_up(self, name: str, secret: bytes, now: Instant) -> Who | None:
        key = self._accounts.key(secret)
        login = self._logins.get(name) or _spelled(name)
        if key is None or login is None or not _may(key, login):
            return None
        account = self._named(login.account, now)
        return None if account is None else Who(account, login.kind)


def _spelled(name: str) -> Login | None:
    """`account`, or `account/kind`."""
    account, slash, kind = name.partition("/")
    if not slash:
        return Login(account)
    return Login(account, _KINDS[kind]) if kind in _KINDS else None


def _may(key: Key, login: Login) -> bool:
    """A staff key may send for every account, as it may in the API."""
    return key.account in ("", login.account)
