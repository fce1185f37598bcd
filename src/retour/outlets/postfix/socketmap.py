"""Socketmap: Retour as a lookup table of Postfix (socketmap_table(5)).

A request is the netstring `name key`, an answer one of `OK data`, `NOTFOUND `, `TEMP text` and `PERM text`.
The maps, each also as `name.context` with a context of the settings:

    access     check_recipient_access: `550 5.7.1 …`, `450 4.7.1 …`, or DUNNO, which keeps Postfix from asking
               for parts of the address
    transport  transport_maps: `discard:…` (or `error:…`) for a stopped recipient, `retry:…` for a held one
    return     relay_recipient_maps: whether a return address is genuine, by the judgement of the bounce inlet

Postfix asks for parts of an address too: `b.example`, `ann@`, `@b.example`. They are NOTFOUND.

What is decided is decided in memory; the ledger is asked for the reason in the words alone. Where it does not
tell, a stop stands with the words for its cause: a table that failed would defer the mail of everybody.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from enum import StrEnum

from retour.outlets.postfix.answers import Policy, Refusal, Words, one_ascii_line
from retour.outlets.postfix.dialogues import NeverWholeError
from retour.outlets.postfix.netstring import NoNetstringError, cut, netstring
from retour.outlets.postfix.origins import NOWHERE, Origin

LIMIT = 4 * 1024  # octets of one request (docs/limits.md); an address has at most 254 (RFC 5321 §4.5.3.1)
PATIENCE = 2.0  # seconds for the ledger to tell a reason

NOT_FOUND = netstring(b"NOTFOUND ")
_FREE = netstring(b"OK DUNNO")
_GENUINE = netstring(b"OK return")
_FAULT = netstring(b"TEMP Retour is at fault; its log says why")


class Stopped(StrEnum):
    """What `transport` does with a stopped recipient."""

    DISCARD = "discard"  # accepted and dropped, for this recipient alone
    ERROR = "error"  # refused at RCPT; mail of sendmail(1) comes back to its sender


class Maps:
    """The lookup tables. One for all connections to a socket, within one event loop."""

    fault = _FAULT

    def __init__(
        self,
        policy: Policy,
        is_genuine: Callable[[str], bool],
        counts: Counter[str],
        failed: Callable[[Exception], None],
        origin: Origin = NOWHERE,
        stopped: Stopped = Stopped.DISCARD,
    ) -> None:
        self._policy = policy
        self._is_genuine = is_genuine
        self._counts = counts  # answers by map, for the metrics
        self._failed = failed
        self._origin = origin
        self._say: dict[str, Callable[[Words], bytes]] = {
            "access": _access,
            "transport": _discard if stopped is Stopped.DISCARD else _error,
        }

    def cut(self, buffer: bytearray) -> bytes | None:
        """The next netstring."""
        try:
            return cut(buffer, LIMIT)
        except NoNetstringError as error:
            raise NeverWholeError from error

    def answer(self, request: bytes) -> bytes | Awaitable[bytes]:
        """The netstring of an answer."""
        table, _, key = request.decode("utf-8", "surrogateescape").partition(" ")
        name, _, context = table.partition(".")
        if name == "return":
            self._counts[name] += 1
            return _GENUINE if self._is_genuine(key) else NOT_FOUND
        say = self._say.get(name)
        if say is None:
            self._counts["unknown"] += 1
            return _no_map(name)
        self._counts[name] += 1
        return self._looked_up(name, say, key, context)

    def _looked_up(
        self, name: str, say: Callable[[Words], bytes], key: str, context: str
    ) -> bytes | Awaitable[bytes]:
        local, at, domain = key.rpartition("@")
        if not (local and at and domain):
            return NOT_FOUND
        origin = self._policy.origins.of(
            {b"policy_context": context.encode("utf-8", "surrogateescape")}, self._origin
        )
        refusal = self._policy.judge(key, origin)
        if refusal is None:
            return _FREE if name == "access" and origin.account is not None else NOT_FOUND
        known = self._policy.remembered(refusal)
        return self._explained(refusal, say) if known is None else say(known)

    async def _explained(self, refusal: Refusal, say: Callable[[Words], bytes]) -> bytes:
        try:
            async with asyncio.timeout(PATIENCE):
                return say(await self._policy.explained(refusal))
        except Exception as error:
            self._failed(error)
            return say(self._policy.plainly(refusal))


def _access(words: Words) -> bytes:
    return _ok(f"{words.code} {words.text}")


def _discard(words: Words) -> bytes:
    """Only what is stopped for good may be dropped; all else waits in the queue."""
    # discard(8) warns of a code that is no success, and takes its own
    plain = words.text.partition(" ")[2]
    return _ok(f"discard:{plain}" if words.final else f"retry:{words.text}")


def _error(words: Words) -> bytes:
    return _ok(f"error:{words.text}" if words.final else f"retry:{words.text}")


def _ok(data: str) -> bytes:
    return netstring(f"OK {data}".encode("ascii"))


def _no_map(name: str) -> bytes:
    said = f'PERM there is no map "{name[:40]}" here; there are access, transport and return'
    return netstring(one_ascii_line(said).encode("ascii"))
