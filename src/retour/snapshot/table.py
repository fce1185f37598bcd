"""The table of a gate: one keyed hash and one lookup an answer; the accounts' policies beside it."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from threading import Lock

from retour.address import CASELESS, ERASED, domain_of, mailbox, platform_key
from retour.instants import Instant
from retour.lifecycle import Policy, Span, decide
from retour.model import Answer, Decision, MailKind
from retour.ports import Change, PlatformStop
from retour.snapshot.packed import CODE, after_reset, due, pack, unpack
from retour.snapshot.segment import DIGEST, Segment
from retour.snapshot.shared import Shared, head

Ask = Callable[[str, str, MailKind, Instant], Decision]
"""Account, normalised address, mail kind, now → decision, as the ledger itself would answer."""

SEND = Decision(Answer.SEND)
_STRICT = {Answer.SEND: 0, Answer.HOLD: 1, Answer.STOP: 2}


class _Account:
    """What the table knows of an account: its policy, and what that makes of each code."""

    __slots__ = ("decisions", "hasher", "ignored", "obeys", "policy", "version")

    def __init__(self, hasher: blake2b, policy: Policy, version: int, ignored: Sequence[Span]) -> None:
        self.hasher = hasher
        self.policy = policy
        self.version = version
        self.obeys = policy.platform_stops == "obey"
        self.ignored = ignored  # when it did not: the stops of that time have no effect later either
        self.decisions: dict[int, Decision] = {}

    def decide(self, packed: int, kind: MailKind, address: str, now: Instant) -> Decision:
        """What the policy says; remembered, unless it names addresses of its own."""
        until = due(packed)
        if until is not None and now >= until:
            packed, until = after_reset(packed), None
            if not packed:
                return SEND
        if self.policy.never_stop:
            return decide(unpack(packed & CODE, until), self.policy, kind, address)
        # A decision differs by `system` or not, nothing finer (lifecycle.decide).
        remembered = (packed & CODE) << 2 | (until is not None) << 1 | (kind is MailKind.SYSTEM)
        decision = self.decisions.get(remembered)
        if decision is None:
            decision = decide(unpack(packed & CODE, until), self.policy, kind, address)
            self.decisions[remembered] = decision
        if decision.until is None or decision.until == until:
            return decision
        return Decision(decision.answer, decision.why, until, decision.would_be)


class Table:
    """Answers `may I send?` in process. Implements `ports.Snapshot`.

    Until it is told the policy of an account, every address there is free (lifecycle rule 14); changes are
    kept all the same, because they are told only once.
    Writers are kept apart by a lock; readers take none.
    """

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper
        self._hashers: dict[str, blake2b] = {}
        self._accounts: dict[str, _Account] = {}
        self._rewriting: dict[str, Ask] = {}
        self._segments = [Segment() for _ in range(256)]
        self._spelt: dict[bytes, dict[bytes, int]] = {}  # of a mailbox, what stands under its other spellings
        self._shared = Shared(platform_key(pepper))
        self._writing = Lock()

    def decision(self, account: str, address: str, kind: MailKind, now: Instant) -> Decision:
        """The answer for a normalised address: that of the spelling of its mailbox that is stopped most."""
        answer = self._decision(account, address, kind, now)
        if self._spelt or not address.islower():
            return self._strictest(answer, account, address, kind, now)
        return answer

    def _decision(self, account: str, address: str, kind: MailKind, now: Instant) -> Decision:
        """The answer for one spelling."""
        known = self._accounts.get(account)
        if known is None:
            return SEND
        if self._rewriting and (ask := self._rewriting.get(account)):
            return ask(account, address, kind, now)
        octets = address.encode()
        hasher = known.hasher.copy()
        hasher.update(octets)
        digest = hasher.digest()
        packed = self._segments[digest[0]].get(digest)
        shared = self._shared
        if known.obeys and shared.rows:
            # Written out: a call would cost as much as the look. `digest` is of another key here.
            hasher = shared.hasher.copy()
            hasher.update(octets)
            digest = hasher.digest()
            may, shift = shared.front
            if may[head(digest)[0] >> shift]:
                packed |= shared.get(digest, known.ignored)
        return known.decide(packed, kind, address, now) if packed else SEND

    def decisions(
        self, account: str, addresses: Sequence[str], kind: MailKind, now: Instant
    ) -> list[Decision]:
        """The answers for many, in half the time: what is the same for all is looked up once."""
        known = self._accounts.get(account)
        if known is None:
            return [SEND] * len(addresses)
        if account in self._rewriting:
            return [self.decision(account, address, kind, now) for address in addresses]
        fresh, segments, says = known.hasher.copy, self._segments, known.decide
        shared = self._shared if known.obeys and self._shared.rows else None
        spelt = self._spelt
        answers: list[Decision] = []
        for address in addresses:
            octets = address.encode()
            hasher = fresh()
            hasher.update(octets)
            digest = hasher.digest()
            packed = segments[digest[0]].get(digest)
            if shared is not None:
                hasher = shared.hasher.copy()
                hasher.update(octets)
                digest = hasher.digest()
                may, shift = shared.front
                if may[head(digest)[0] >> shift]:
                    packed |= shared.get(digest, known.ignored)
            answer = says(packed, kind, address, now) if packed else SEND
            if spelt or not address.islower():
                answer = self._strictest(answer, account, address, kind, now)
            answers.append(answer)
        return answers

    def _strictest(
        self, answer: Decision, account: str, address: str, kind: MailKind, now: Instant
    ) -> Decision:
        """The answer for all spellings of a mailbox; `answer` is that for the one that was asked for."""
        known = self._accounts.get(account)
        if known is None or domain_of(address) not in CASELESS:
            return answer
        small, answers = mailbox(address), [answer]
        if small != address:
            answers.append(self._decision(account, small, kind, now))
        if others := self._spelt.get(self._digest(account, small)):
            own = self._digest(account, address)
            told = [packed for spelling, packed in list(others.items()) if spelling != own]
            answers += [known.decide(packed, kind, address, now) for packed in told]
        return max(answers, key=lambda each: _STRICT[each.answer])

    def apply(self, changes: Iterable[Change]) -> None:
        """Follow the ledger: the state after each change is what is looked up from now on."""
        with self._writing:
            for change in changes:
                self._put(change)

    def pseudonym(self, account: str, address: str) -> str:
        """What stands for an erased address: the table goes on stopping it, and nobody can read it."""
        return ERASED + b"".join(self._digests(account, address)).hex()

    def _digests(self, account: str, address: str) -> tuple[bytes, ...]:
        """The hash of an address; with that of its mailbox, where it is another spelling of that."""
        if address.startswith(ERASED):
            told = bytes.fromhex(address.removeprefix(ERASED))
            return (told[:DIGEST], told[DIGEST:]) if len(told) > DIGEST else (told,)
        own, small = self._digest(account, address), mailbox(address)
        return (own,) if small == address else (own, self._digest(account, small))

    def _digest(self, account: str, address: str) -> bytes:
        hasher = self._hasher(account).copy()
        hasher.update(address.encode())
        return hasher.digest()

    def _put(self, change: Change) -> None:
        digest, *of_mailbox = self._digests(change.account, change.address)
        packed = pack(change.after)
        self._segments[digest[0]].put(digest, packed)
        for each in of_mailbox:
            others = {**self._spelt.get(each, {}), digest: packed}
            # Replaced in one step: readers see the one or the other.
            self._spelt[each] = {own: code for own, code in others.items() if code}
            if not self._spelt[each]:
                del self._spelt[each]

    def _hasher(self, account: str) -> blake2b:
        """Primed once with key and name; whoever hashes copies it. A NUL keeps "ab" + "c" from "a" + "bc"."""
        known = self._hashers.get(account)
        if known is None:
            known = blake2b(account.encode() + b"\0", digest_size=DIGEST, key=self._pepper)
            self._hashers[account] = known
        return known

    def platform(self, stops: Iterable[PlatformStop]) -> None:
        """What the whole platform has stopped, or no more, for all accounts that obey (lifecycle rule 11)."""
        with self._writing:
            for stop in stops:
                self._shared.put(stop)

    def stopped_for_all(self, account: str, address: str) -> bool:
        """Whether the stop of the platform concerns this account, and this address."""
        known = self._accounts.get(account)
        if known is None or not known.obeys:
            return False
        return any(self._shared.holds(each, known.ignored) for each in {address, mailbox(address)})

    def policy(self, account: str, policy: Policy, version: int = 0, ignored: Sequence[Span] = ()) -> None:
        """Tell the table of an account, or of the policy now in force there.

        `ignored` is when the account ignored the stops of the platform (lifecycle rule 7).

        Threads that change a policy one after the other may come here the other way round: what is older
        than the version known is passed over.
        """
        with self._writing:
            known = self._accounts.get(account)
            if known is None or version >= known.version:
                self._accounts[account] = _Account(self._hasher(account), policy, version, ignored)

    def never_stopped(self) -> dict[str, int]:
        """How many entries the accounts never stop, of those that have any."""
        counts = {name: len(known.policy.never_stop) for name, known in list(self._accounts.items())}
        return {name: count for name, count in counts.items() if count}

    def rewriting(self, account: str, ask: Ask) -> None:
        """From now on `ask` answers for this account: its stored states are being rewritten (rule 5)."""
        self._rewriting[account] = ask

    def slow(self, account: str) -> bool:
        """Whether an account is being rewritten, so that each answer costs a look into the ledger."""
        return account in self._rewriting

    def rewritten(self, account: str) -> None:
        """The stored states of the account stand under its newest policy; the table answers again."""
        self._rewriting.pop(account, None)

    def merge(self) -> int:
        """Make all deltas rows, to save memory after a load; returns the number of rows."""
        with self._writing:
            self._shared.merge()
            return sum(segment.merge() for segment in self._segments)

    @property
    def rows(self) -> int:
        """About how many addresses have an answer that is not plainly `send`; never too few."""
        return sum(segment.rows for segment in self._segments)
