"""The simulator's port: it refuses, accepts and reports as the table in answers.toml says."""

import asyncio
import logging
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from retour.instants import Instant
from retour.simulator.answers import Answer, At, answer_of, stages
from retour.simulator.post import NextHop, Post
from retour.simulator.reports import Occasion, report
from retour.smtpd import LOOPBACK, Limits, Listener, Message, Reply, listen
from retour.smtpd.limits import Networks
from retour.smtpd.replies import KEPT

log = logging.getLogger(__name__)

LATE = 2.0  # seconds from a delay to the failure; a server of the world takes days
CROWDED = Reply(452, "4.3.1", "Too many reports waiting, try again later")
_MAILS = 2  # that may follow for one recipient
_SEEN = 100  # messages remembered for who wants to look
_GREYLISTED = 10_000  # addresses remembered as having tried once


@dataclass(frozen=True, slots=True)
class Seen:
    """A message that was accepted; nothing else of it is kept."""

    sender: str
    recipient: str
    size: int
    content: bytes  # its first octets


class Mailboxes:
    """Who lives at the simulator; a `retour.smtpd.Handler`."""

    def __init__(self, hostname: str, post: Post | None, clock: Callable[[], Instant], late: float) -> None:
        self.answered: Counter[str] = Counter()  # by name of the mailbox, "ok" for those that take mail
        self.seen: deque[Seen] = deque(maxlen=_SEEN)
        self._hostname = hostname
        self._post = post
        self._clock = clock
        self._late = late
        self._tried: OrderedDict[str, None] = OrderedDict()

    def recipient(self, address: str) -> Answer | Reply | None:
        """At RCPT: the refusal of a mailbox that refuses there, else its row of the table."""
        answer = answer_of(address)
        self.answered[answer.name if answer else "ok"] += 1
        if answer is not None and (
            answer.at is At.RCPT or (answer.at is At.FIRST and self._is_first(address))
        ):
            return answer.said(address)
        return answer

    async def message(self, message: Message[Answer | None]) -> Sequence[Reply]:
        """After the content: a reply for each recipient; their reports are on their way by then."""
        await asyncio.sleep(max(r.ticket.seconds if r.ticket else 0.0 for r in message.recipients))
        if self._post is not None and self._post.room < _MAILS * len(message.recipients):
            return [CROWDED] * len(message.recipients)
        return [self._reply(message, place) for place in range(len(message.recipients))]

    def _reply(self, message: Message[Answer | None], place: int) -> Reply:
        recipient = message.recipients[place]
        answer = recipient.ticket
        reply = answer.said(recipient.address) if answer is not None and answer.at is At.DATA else KEPT
        if not reply.positive:
            return reply
        self.seen.append(Seen(message.sender, recipient.address, message.size, message.content))
        for number, stage in enumerate(stages(answer) if answer is not None else ()):
            occasion = Occasion(stage, message, recipient, self._hostname, self._clock())
            self._report(occasion, number * self._late)
        return reply

    def _report(self, occasion: Occasion, seconds: float) -> None:
        mail = report(occasion)
        if mail is None:
            log.info("no %s: the standards forbid one here", occasion.answer.report)
        elif self._post is None:
            log.error("a %s has nowhere to go: the simulator has no next hop", occasion.answer.report)
        else:
            self._post.give(occasion.message.sender, mail, seconds)

    def _is_first(self, address: str) -> bool:
        if address in self._tried:
            return False
        self._tried[address] = None
        if len(self._tried) > _GREYLISTED:
            self._tried.popitem(last=False)
        return True


@dataclass(frozen=True, slots=True)
class Simulator:
    """A running simulator."""

    mailboxes: Mailboxes
    listener: Listener[Answer | None]
    post: Post | None

    @property
    def port(self) -> int:
        """Where it listens; of use when port 0 was asked for."""
        return self.listener.port

    async def close(self) -> None:
        """Stop to listen, then bring the reports that still wait."""
        await self.listener.close()
        if self.post is not None:
            await self.post.close()


async def serve_simulator(
    host: str,
    port: int,
    deliver_to: tuple[str, int, bool] | None,
    *,
    hostname: str = "mx.simulator.example",
    clients: Networks = LOOPBACK,
    late: float = LATE,
    clock: Callable[[], Instant] = lambda: time.time_ns() // 1000,
) -> Simulator:
    """Open the simulator and return it; `close` ends it. Port 0 takes a free one.

    `deliver_to` is host, port and whether LMTP is spoken there: where delivery reports, complaints and
    automatic replies go. `late`: seconds between the delay and the failure of a `late-` mailbox. Raises
    OSError when the port is taken.
    """
    post = Post(NextHop(*deliver_to)) if deliver_to else None
    mailboxes = Mailboxes(hostname, post, clock, late)
    try:
        listener = await listen(host, port, mailboxes, hostname=hostname, limits=Limits(), clients=clients)
    except OSError:
        if post is not None:
            await post.close()
        raise
    return Simulator(mailboxes, listener, post)
