"""Reading over an account in processes of their own: the server answers checks meanwhile.

Each opens the store to look at alone, with a nice value that lets everything else go first, and sends what
it finds piece by piece; whoever reads may stop at any time, and the processes end.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path

import msgspec

from retour.flow.findings import Findings, Piece
from retour.flow.own_rules import RuleFile, classifier_with
from retour.flow.previews import Rules
from retour.flow.rejudging import Rejudging
from retour.flow.replay import Lives, judge_again, play_again, played_judged
from retour.flow.whatif import Question, look
from retour.ports import Part, Store
from retour.stores import sqlite

PROCESSES = max(min(2, os.cpu_count() or 1), 1)  # two read a million lives in a minute
_CACHE_MIB = 64  # of each: the events of an address lie where they came
_NICE = 10

Share = Callable[[Store, Path, Part], Iterator[Piece]]
"""Reads a share of an account; the path is that of the data directory."""


class ShareError(Exception):
    """A process that read a share failed; the message is its traceback's last line."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A `flow.previews.Reading` over a data directory; `own` are the operator's rules in force."""

    data: Path
    pepper: bytes
    own: Callable[[], "list[RuleFile]"]
    processes: int = PROCESSES

    def what_if(self, asked: Question) -> Iterator[Piece]:
        return self._each(partial(_looked, asked))

    def lives(self, asked: Lives) -> Iterator[Piece]:
        return self._each(partial(_played, asked))

    def rules(self, asked: Rules) -> Iterator[Piece]:
        return self._each(partial(_judged_again, asked, self.own()))

    def judged(self, asked: Rules, findings: Findings) -> Iterator[Piece]:
        return self._each(partial(_played_judged, asked, Path(str(findings.judged()))))

    def _each(self, share: Share) -> Iterator[Piece]:
        return spread(share, self.data, self.pepper, self.processes)


def spread(share: Share, data: Path, pepper: bytes, processes: int) -> Iterator[Piece]:
    """The pieces of all shares, as they come. Raises ShareError."""
    context = get_context("spawn")  # a fork would take the locks of our threads along
    open_: list[Connection] = []
    children = []
    try:
        for number in range(processes):
            ours, theirs = context.Pipe(duplex=False)
            child = context.Process(
                target=_work, args=(share, data, pepper, (number, processes), theirs), daemon=True
            )
            child.start()
            theirs.close()
            children.append(child)
            open_.append(ours)
        while open_:
            for ready in wait(open_):
                assert isinstance(ready, Connection)
                piece = _received(ready)
                if piece is None:
                    open_.remove(ready)
                else:
                    yield piece
    finally:
        for child in children:
            child.terminate()
            child.join()


def _received(connection: Connection) -> Piece | None:
    try:
        told = connection.recv()
    except EOFError as error:
        raise ShareError("a process that reads the store was ended from outside") from error
    if isinstance(told, str):
        raise ShareError(told)
    return told if isinstance(told, Piece) else None


def _work(share: Share, data: Path, pepper: bytes, part: Part, connection: Connection) -> None:
    """What a process does: None at its end, a text for a fault."""
    os.nice(_NICE)
    try:
        decode = msgspec.json.Decoder().decode
        store = sqlite.open_reader(data / sqlite.STORE, pepper, decode, _CACHE_MIB)
        for piece in share(store, data, part):
            connection.send(piece)
        connection.send(None)
    except Exception as error:
        connection.send(f"{type(error).__name__}: {error}")
    finally:
        connection.close()


# --- the shares: functions that another process finds by their names ----------------------------------------


def _looked(asked: Question, store: Store, data: Path, part: Part) -> Iterator[Piece]:
    return look(asked, store, part)


def _played(asked: Lives, store: Store, data: Path, part: Part) -> Iterator[Piece]:
    return play_again(asked, store, part)


def _judged_again(
    asked: Rules, in_force: list[RuleFile], store: Store, data: Path, part: Part
) -> Iterator[Piece]:
    inbox = sqlite.open_inbox(data / sqlite.INBOX, read_only=True)
    now = classifier_with(in_force)
    if asked.own is None:
        rules = Rejudging(now, None, inbox.arrival)
    else:
        rules = Rejudging(classifier_with([RuleFile("rules", asked.own)]), now)
    return judge_again(asked.account, rules, store, part)


def _played_judged(asked: Rules, path: Path, store: Store, data: Path, part: Part) -> Iterator[Piece]:
    with sqlite.opened(path) as findings:
        yield from played_judged(asked.account, findings, store, asked.now, part)
