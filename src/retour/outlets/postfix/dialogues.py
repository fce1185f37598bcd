"""What is spoken over a connection: how a request is cut off, and what is answered to it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from retour.outlets.postfix.answers import Policy, Refusal, Words
from retour.outlets.postfix.origins import NOWHERE, Origin

LIMIT = 16 * 1024  # octets of one policy request (docs/limits.md); Postfix sends about 700
DUNNO = b"action=DUNNO\n\n"
PATIENCE = 1.0  # seconds for the ledger to tell a reason: Postfix waits for two (docs/postfix.md)


class NeverWholeError(ValueError):
    """What came can never become a request: it is too long, or of another protocol."""


class Dialogue(Protocol):
    """The two things that a connection leaves to the protocol spoken over it."""

    fault: bytes  # the last words where Retour itself fails

    def cut(self, buffer: bytearray) -> bytes | None:
        """The next whole request, taken off the buffer; None until there is one. Raises NeverWholeError."""

    def answer(self, request: bytes) -> bytes | Awaitable[bytes]:
        """The answer; or what to wait for, where a reason has yet to be read."""


class PolicyDialogue:
    """The policy service: `name=value` lines and an empty one (SMTPD_POLICY_README).

    What is decided stands without its reason, too: were the line cut, `default_action` would let a stopped
    recipient pass.
    """

    fault = b""  # default_action in Postfix decides

    def __init__(
        self,
        policy: Policy,
        origin: Origin = NOWHERE,
        failed: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        self._policy = policy
        self._origin = origin
        self._failed = failed

    def cut(self, buffer: bytearray) -> bytes | None:
        """Up to the first empty line."""
        end = buffer.find(b"\n\n", 0, LIMIT)
        if end < 0:
            if len(buffer) >= LIMIT:
                raise NeverWholeError
            return None
        request = bytes(buffer[:end])
        del buffer[: end + 2]
        return request

    def answer(self, request: bytes) -> bytes | Awaitable[bytes]:
        """`action=…` and an empty line."""
        refusal = self._policy.decide(request, self._origin)
        if refusal is None:
            return DUNNO
        known = self._policy.remembered(refusal)
        return self._explained(refusal) if known is None else _action(known)

    async def _explained(self, refusal: Refusal) -> bytes:
        try:
            async with asyncio.timeout(PATIENCE):
                return _action(await self._policy.explained(refusal))
        except Exception as error:
            self._failed(error)
            return _action(self._policy.plainly(refusal))


def _action(words: Words) -> bytes:
    return f"action={words.code} {words.text}\n\n".encode("ascii")
