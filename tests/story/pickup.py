"""What the tests of mailboxes share: an inbox, a mailbox that is followed, and what it had to say."""

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from retour.inlets.pickup.desk import Desk, Terms, TroubleError
from retour.inlets.pickup.follow import Follower, Patience, Source
from retour.inlets.pickup.server import Account, Tls
from retour.model import Arrival
from retour.ports import Outcome
from retour.stores.sqlite import SqliteInbox, open_inbox
from story.dovecot import PASSWORD, Dovecot

QUICK = Patience(0.05, 0.2, 0.05, 0.2)


def mail(number: int, body: str = "hello") -> bytes:
    return f"Subject: mail {number}\r\n\r\n{body}\r\n".encode()


class House:
    """An inbox of its own, and what the mailbox had to say."""

    def __init__(self, path: Path) -> None:
        self.inbox: SqliteInbox = open_inbox(path / "inbox.sqlite3")
        self.troubles: list[TroubleError] = []
        self.notices: list[tuple[str, str]] = []
        self.faults: list[Exception] = []
        self.judged: dict[bytes, str] = {}
        self.judge: Callable[[Arrival], Outcome] | None = None  # without one all mails wait

    def desk(self, name: str, terms: Terms | None = None) -> Desk:
        return Desk(
            terms or Terms(f"mailboxes.{name}"),
            self.keep,
            self.inbox,
            lambda: 1_000_000,
            lambda code, reason, source: self.notices.append((code, reason)),
        )

    def keep(self, arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None]) -> None:
        self.inbox.put(arrivals, cursors)
        if self.judge:
            self.judged |= {each.id: subject(each.raw) for each in arrivals}
            self.inbox.settle({each.id: self.judge(each) for each in arrivals}, 5)

    @contextmanager
    def follows(self, source: Source) -> Iterator[Source]:
        """Followed in its thread while the block runs; a bug of ours fails the test."""
        follower = Follower("test", source, self._hears, self.faults.append, QUICK)
        follower.start()
        try:
            yield source
        finally:
            follower.end()
            assert self.faults == []

    def _hears(self, trouble: TroubleError, pause: float) -> None:
        self.troubles.append(trouble)

    def subjects(self) -> list[str]:
        """The subject of each arrival, in order."""
        return [*self.judged.values(), *(subject(arrival.raw) for arrival in self.inbox.waiting(10_000))]

    def has(self, *numbers: int) -> Callable[[], bool]:
        return lambda: sorted(self.subjects()) == sorted(f"mail {n}" for n in numbers)

    def story(self) -> str:
        return f"{self.subjects()} {self.troubles} {self.notices} {self.faults}"


def subject(raw: bytes) -> str:
    lines = raw[:4096].decode("ascii", "replace").splitlines()
    return next(line.partition(": ")[2] for line in lines if line.startswith("Subject: "))


def account(dovecot: Dovecot, user: str, port: str = "imaps", tls: Tls = Tls.IMPLICIT) -> Account:
    context = ssl.create_default_context(cafile=dovecot.certificate)
    return Account("127.0.0.1", dovecot.ports[port], f"{user}@mailbox.test", PASSWORD, tls, context)


def plain(dovecot: Dovecot, user: str, port: int) -> Account:
    return Account("127.0.0.1", port, f"{user}@mailbox.test", PASSWORD, Tls.NONE)


def folders(dovecot: Dovecot, user: str) -> dict[str, int]:
    return dovecot.folders(f"{user}@mailbox.test")
