"""Brings the simulator's reports to the next hop, over SMTP or LMTP, and tells what it could not bring."""

import asyncio
import logging
import smtplib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

log = logging.getLogger(__name__)

WAITING = 1000  # reports that may wait; what comes on top is refused with 452 before it is accepted
PAUSES: Sequence[float] = (0.2, 1.0, 5.0, 30.0)  # seconds between the tries, then it is given up
_CARRIERS = 4
_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class NextHop:
    """Where reports go: the MTA or the bounce inlet."""

    host: str
    port: int
    lmtp: bool = False


class Post:
    """A short queue in memory with a few carriers. Belongs to one event loop."""

    def __init__(self, hop: NextHop, pauses: Sequence[float] = PAUSES) -> None:
        self.delivered = 0
        self.failed = 0
        self._hop = hop
        self._pauses = pauses
        self._queue: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self._given = 0  # of those that are due later
        self._later: dict[int, tuple[asyncio.TimerHandle, str, bytes]] = {}
        self._carriers = [asyncio.create_task(self._carry()) for _ in range(_CARRIERS)]

    @property
    def room(self) -> int:
        """How many more reports may wait."""
        return WAITING - self._queue.qsize() - len(self._later)

    def give(self, to: str, mail: bytes, seconds: float = 0.0) -> None:
        """Let a mail be brought to this address, now or in some seconds; ask for `room` before."""
        if seconds <= 0:
            self._queue.put_nowait((to, mail))
            return
        self._given += 1
        timer = asyncio.get_running_loop().call_later(seconds, self._due, self._given)
        self._later[self._given] = timer, to, mail

    def _due(self, number: int) -> None:
        _, to, mail = self._later.pop(number)
        self._queue.put_nowait((to, mail))

    async def close(self, grace: float = 5.0) -> None:
        """Bring what still waits, also what is not yet due, for `grace` seconds; what is left is logged."""
        for number, (timer, _, _) in list(self._later.items()):
            timer.cancel()
            self._due(number)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._queue.join(), grace)
        for carrier in self._carriers:
            carrier.cancel()
        await asyncio.gather(*self._carriers, return_exceptions=True)
        if self._queue.qsize():
            log.error("simulator ends with %d reports not brought to %s", self._queue.qsize(), self._hop)

    async def _carry(self) -> None:
        while True:
            to, mail = await self._queue.get()
            try:
                await self._bring(to, mail)
                self.delivered += 1
            except Exception as error:  # whatever it was, the next report must still be carried
                self.failed += 1
                log.error("report to %s given up: %s", ascii(to), ascii(str(error)))
            finally:
                self._queue.task_done()

    async def _bring(self, to: str, mail: bytes) -> None:
        for pause in self._pauses:
            try:
                return await asyncio.to_thread(deliver, self._hop, to, mail)
            except (OSError, smtplib.SMTPException) as error:
                if _final(error):
                    raise
                log.warning("report to %s waits %g s: %s", ascii(to), pause, ascii(str(error)))
                await asyncio.sleep(pause)
        return await asyncio.to_thread(deliver, self._hop, to, mail)


def deliver(hop: NextHop, to: str, mail: bytes) -> None:
    """Hand one mail over, with the null return path. Raises OSError or smtplib.SMTPException."""
    client = smtplib.LMTP if hop.lmtp else smtplib.SMTP
    options = [] if to.isascii() and mail.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
    with client(hop.host, hop.port, timeout=_TIMEOUT) as session:
        session.sendmail("", [to], mail, mail_options=options)


def _final(error: Exception) -> bool:
    """Whether the next hop refused for good."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500
