"""The certificates that SNS signs with: fetched from the pinned host, held to their dates, kept by URL."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from retour.inlets.webhooks.fetch import PATIENCE, FetchError
from retour.inlets.webhooks.sns import CertificateError
from retour.instants import SECOND, Instant

Fetch = Callable[[str, str], bytes]
"""Host and path → what is there. Blocks; raises FetchError."""

_KEPT = 64  # certificates; there is one a region at a time
AT_ONCE = 4  # fetches
_CHAIN = 5  # certificates of one file
_BITS = 2048


@dataclass(frozen=True, slots=True)
class Certificate:
    """A key, and from when to when it may sign."""

    key: RSAPublicKey
    begins: Instant
    ends: Instant


class Fetched:
    """Certificates by host and path. Belongs to one event loop; all who ask for one wait for one fetch."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._kept: dict[tuple[str, str], Certificate] = {}
        self._coming: dict[tuple[str, str], asyncio.Task[Certificate | None]] = {}

    async def key(self, host: str, path: str, now: Instant) -> RSAPublicKey | None:
        """The key; None for a certificate that is none, too weak or not of this time.

        Raises CertificateError.
        """
        place = host, path
        found = self._kept.get(place)
        if found is None:
            found = await asyncio.shield(self._task(place))
            if found is not None:
                self._keep(place, found)
        return found.key if found is not None and found.begins <= now < found.ends else None

    def _task(self, place: tuple[str, str]) -> "asyncio.Task[Certificate | None]":
        if place not in self._coming:
            if len(self._coming) >= AT_ONCE:
                raise CertificateError("too many certificates are being fetched")
            task = asyncio.create_task(self._come(place))
            task.add_done_callback(lambda done: self._come_and_gone(place, done))
            self._coming[place] = task
        return self._coming[place]

    def _come_and_gone(self, place: tuple[str, str], done: "asyncio.Task[Certificate | None]") -> None:
        del self._coming[place]
        if not done.cancelled():
            done.exception()  # nobody may be waiting for it any more

    async def _come(self, place: tuple[str, str]) -> Certificate | None:
        try:
            async with asyncio.timeout(PATIENCE):
                pem = await asyncio.to_thread(self._fetch, *place)
        except (FetchError, TimeoutError) as error:
            raise CertificateError(str(error) or f"https://{place[0]} takes too long") from error
        return read(pem)

    def _keep(self, place: tuple[str, str], found: Certificate) -> None:
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[place] = found


def read(pem: bytes) -> Certificate | None:
    """The first certificate of a file, for as long as all of its chain is valid; None where it cannot sign.

    Amazon's files hold the signing certificate, whose issuer vouches for the host as well: that the file is
    Amazon's own is proven by the TLS connection to the pinned host. Where issuers stand in it, each must have
    signed the one before.
    """
    try:
        chain = x509.load_pem_x509_certificates(pem)
        key = chain[0].public_key()
        for issued, issuer in pairwise(chain):
            issued.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return None
    if not isinstance(key, RSAPublicKey) or key.key_size < _BITS or len(chain) > _CHAIN:
        return None
    begins = max(int(each.not_valid_before_utc.timestamp()) for each in chain)
    ends = min(int(each.not_valid_after_utc.timestamp()) for each in chain)
    return Certificate(key, begins * SECOND, ends * SECOND)
