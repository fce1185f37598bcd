"""The keys that a tenant signs with: out of a file, or from the one address that the settings name."""

import asyncio
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from retour.inlets.webhooks.entra import KeysError, read_keys
from retour.inlets.webhooks.fetch import PATIENCE, FetchError
from retour.instants import HOUR, MINUTE, Instant

Fetch = Callable[[str, str], bytes]
"""Host and path → what is there. Blocks; raises FetchError."""

KEPT = 24 * HOUR  # then they are asked for anew, even where all are known: one may have been taken back
PAUSE = 5 * MINUTE  # between two looks for a key that is not there: anybody can make up an id
_URL = re.compile(r"https://([a-z0-9.-]{1,253})(/[!-~]{0,500})", re.ASCII)


def place_of(tenant: str) -> str:
    """Where Entra publishes the keys of a tenant."""
    return f"https://login.microsoftonline.com/{quote(tenant, safe='')}/discovery/v2.0/keys"


def is_place(text: str) -> bool:
    """Whether keys can be read from there: an https URL without port and user, or an absolute path."""
    return text.startswith("/") or _URL.fullmatch(text) is not None


class Published:
    """The keys at one place. Belongs to one event loop; all who wait for them wait for one look."""

    def __init__(self, place: str, fetch: Fetch) -> None:
        self._place, self._fetch = place, fetch
        self._known: Mapping[str, RSAPublicKey] = {}
        self._at: Instant | None = None  # when they were read
        self._tried: Instant | None = None
        self._coming: asyncio.Task[Mapping[str, RSAPublicKey]] | None = None

    async def key(self, id: str, now: Instant) -> RSAPublicKey | None:
        """The key of this id; None where there is none of it. Raises KeysError."""
        is_fresh = self._at is not None and now - self._at < KEPT
        if not (is_fresh and id in self._known) and self._may_look(now):
            await self._look(now)
        if self._at is None or now - self._at >= 2 * KEPT:  # a day's failure is borne, not more
            raise KeysError(f"{self._place} cannot be read just now")
        return self._known.get(id)

    def _may_look(self, now: Instant) -> bool:
        return self._coming is not None or self._tried is None or now - self._tried >= PAUSE

    async def _look(self, now: Instant) -> None:
        if self._coming is None:
            self._tried = now
            self._coming = asyncio.create_task(self._come())
            self._coming.add_done_callback(self._come_and_gone)
        try:
            self._known = await asyncio.shield(self._coming)
        except KeysError:
            if self._at is None:
                raise
            return
        self._at = now

    def _come_and_gone(self, done: "asyncio.Task[Mapping[str, RSAPublicKey]]") -> None:
        self._coming = None
        if not done.cancelled():
            done.exception()  # nobody may be waiting for it any more

    async def _come(self) -> Mapping[str, RSAPublicKey]:
        try:
            async with asyncio.timeout(PATIENCE):
                octets = await asyncio.to_thread(self._read)
        except (FetchError, OSError, TimeoutError) as error:
            raise KeysError(str(error) or f"{self._place} takes too long") from error
        found = read_keys(octets)
        if not found:
            raise KeysError(f"{self._place} holds no keys")
        return found

    def _read(self) -> bytes:
        named = _URL.fullmatch(self._place)
        return Path(self._place).read_bytes() if named is None else self._fetch(named[1], named[2])
