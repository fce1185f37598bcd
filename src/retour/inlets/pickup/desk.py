"""What every mailbox does with the mails it was given, whatever it speaks: arrivals, commit, counting."""

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from retour.inlets.arrivals import arrival
from retour.inlets.delivered import delivered_to, topmost
from retour.instants import Instant
from retour.model import Arrival, Proof
from retour.ports import NO_CURSORS, Inbox, Outcome

BATCH_MAILS = 200
BATCH_OCTETS = 8 * 1024 * 1024  # of mails that are read and not yet durable
_JUDGED_WITHIN = 10.0  # seconds that a mail waits in its folder for its judgement
_LOOK_AGAIN = 0.1


class TroubleError(Exception):
    """Why a mailbox cannot be read just now; `code` is a key of texts/pickup.en.toml."""

    def __init__(self, code: str, reason: object = "") -> None:
        self.code = code
        self.reason = str(reason)[:300]  # a server's words, which may be long
        super().__init__(f"{code}: {self.reason}")


class Keep(Protocol):
    """Returns when arrivals and cursors are durable; raises when they are not."""

    def __call__(self, arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None]) -> None: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What the mails of one mailbox are to Retour."""

    inlet: str
    proof: Proof = Proof.TOKEN
    account: str | None = None
    recipient_header: str = ""  # which header our own MTA writes the envelope recipient into


@dataclass(slots=True)
class Counts:
    """What metrics read; only `fetched` and `failed` are sums."""

    fetched: int = 0  # mails that are durable
    failed: int = 0  # mails that could not be read where they lie
    waiting: int = 0  # mails seen and not yet durable
    failing: bool = False
    last_success: Instant = 0  # end of the last visit that went through


class Desk:
    """One for each mailbox; used by its thread alone, but for `counts` and `ended`."""

    def __init__(
        self,
        terms: Terms,
        keep: Keep,
        inbox: Inbox,
        clock: Callable[[], Instant],
        notice: Callable[[str, str, str], None] = lambda code, reason, source: None,
    ) -> None:
        self.inlet = terms.inlet
        self.counts = Counts()
        self.ended = threading.Event()
        self._terms, self._keep, self._inbox, self._clock = terms, keep, inbox, clock
        self._notice = notice
        self._told: set[tuple[str, str]] = set()

    @cached_property
    def _pattern(self) -> re.Pattern[bytes] | None:
        return topmost(self._terms.recipient_header) if self._terms.recipient_header else None

    def arrival(self, raw: bytes, size: int) -> Arrival:
        """A mail as an arrival. Its id is of content and mailbox: read twice, it is one."""
        rcpt = delivered_to(raw, self._pattern)
        terms = self._terms
        return arrival(
            terms.inlet, raw, size, self._clock(), rcpt_to=rcpt, proof=terms.proof, account=terms.account
        )

    def post(self, raw: bytes, form: str, doubt: str = "") -> Arrival:
        """What a provider wrote, as an arrival; in doubt it is believed about nothing but our own tokens."""
        terms = self._terms
        proof = Proof.TOKEN if doubt else terms.proof
        made = arrival(terms.inlet, raw, len(raw), self._clock(), proof=proof, account=terms.account)
        return replace(made, form=form, defects=(doubt,) if doubt else ())

    def cursors(self, prefix: str) -> Mapping[str, bytes]:
        """How far the mailbox was read."""
        return self._inbox.cursors(prefix)

    def keep(self, arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None] = NO_CURSORS) -> None:
        """Return when all of it is durable. Raises TroubleError: then nothing may be moved or deleted."""
        try:
            self._keep(arrivals, cursors)
        except Exception as error:
            raise TroubleError("not_kept", error) from error
        self.counts.fetched += len(arrivals)
        self.counts.waiting = max(0, self.counts.waiting - len(arrivals))

    def unparsed(self, ids: Iterable[bytes]) -> set[bytes]:
        """Those that were judged and not understood, within the time that a mail waits for its judgement."""
        return {id for id, outcome in self.outcomes(ids).items() if outcome is Outcome.UNPARSED}

    def outcomes(self, ids: Iterable[bytes]) -> Mapping[bytes, Outcome]:
        """How mails stand once they are judged; some `waiting` still, where that takes too long."""
        wanted = list(ids)
        outcomes = self._inbox.outcomes(wanted)
        for _ in range(int(_JUDGED_WITHIN / _LOOK_AGAIN)):
            if Outcome.WAITING not in outcomes.values() or self.ended.wait(_LOOK_AGAIN):
                break
            outcomes = self._inbox.outcomes(wanted)
        return outcomes

    def pass_over(self, source: str, reason: str) -> None:
        """A mail that cannot be read stays where it is, is told once and counted each time."""
        self.counts.failed += 1
        self.notice("passed_over", reason, source)

    def notice(self, code: str, reason: str, source: str = "") -> None:
        """Something that a person should know and that does not stop the mailbox; told once."""
        if (code, source) not in self._told:
            self._told.add((code, source))
            self._notice(code, reason[:300], source)

    def visited(self) -> None:
        """A visit went through."""
        self.counts.waiting = 0
        self.counts.failing = False
        self.counts.last_success = self._clock()
