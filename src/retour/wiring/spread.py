"""Reading over an account in processes of their own: the server answers checks meanwhile.

Whoever reads may stop at any time: the processes end with it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path

from retour.flow.findings import Findings, Piece
from retour.flow.own_rules import RuleFile
from retour.flow.previews import Rules
from retour.flow.replay import Lives
from retour.flow.whatif import Question
from retour.parse.providers.generic import Map
from retour.share import Share, judged_again, looked, played, played_again, queue_read_again, queued_again

PROCESSES = max(min(2, os.cpu_count() or 1), 1)  # two read a million lives in a minute
_ENDS_WITHIN = 5.0  # seconds


class ShareError(Exception):
    """A process that read a share failed; the message says at what."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A `flow.previews.Reading` over a data directory; `own` are the operator's rules in force, `mappings` as
    intake has them."""

    data: Path
    pepper: bytes
    own: Callable[[], list[RuleFile]]
    processes: int = PROCESSES
    mappings: Mapping[str, Map] = field(default_factory=dict)

    def what_if(self, asked: Question) -> Iterator[Piece]:
        return self._each(partial(looked, asked))

    def lives(self, asked: Lives) -> Iterator[Piece]:
        return self._each(partial(played, asked))

    def rules(self, asked: Rules) -> Iterator[Piece]:
        return self._each(partial(judged_again, asked, self.own()))

    def judged(self, asked: Rules, findings: Findings) -> Iterator[Piece]:
        return self._each(partial(played_again, asked, Path(str(findings.judged()))))

    def queued(self, asked: Rules) -> Iterator[Piece]:
        return self._each(partial(queued_again, asked, self.own(), self.mappings))

    def read_again(self, asked: Rules, findings: Findings) -> Iterator[Piece]:
        share = partial(queue_read_again, asked, self.own(), self.mappings, Path(str(findings.judged())))
        return spread(share, self.data, self.pepper, 1)  # in one order, whenever it is read

    def _each(self, share: Share) -> Iterator[Piece]:
        return spread(share, self.data, self.pepper, self.processes)


def spread(share: Share, data: Path, pepper: bytes, processes: int) -> Iterator[Piece]:
    """The pieces of all shares, as they come. Raises ShareError."""
    open_: dict[Connection, subprocess.Popen[bytes]] = {}
    children: list[subprocess.Popen[bytes]] = []
    try:
        for number in range(processes):
            ours, child = _started()
            open_[ours] = child
            children.append(child)
            _send(ours, child, (share, data.absolute(), pepper, (number, processes)))
        while open_:
            for ready in wait(list(open_)):
                assert isinstance(ready, Connection)
                piece = _received(ready, open_[ready])
                if piece is not None:
                    yield piece
                else:
                    del open_[ready]
                    ready.close()
    finally:
        for left in open_:
            left.close()
        for child in children:
            child.terminate()
            child.wait()


def _started() -> tuple[Connection, "subprocess.Popen[bytes]"]:
    """A process with a connection to it. No fork: that would take the locks of our threads along."""
    ours, theirs = Pipe()
    with theirs:
        command = [sys.executable, "-m", "retour.share", str(theirs.fileno())]
        child = subprocess.Popen(  # noqa: S603 - our own interpreter, with a number
            command, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL
        )
    return ours, child


def _send(connection: Connection, child: "subprocess.Popen[bytes]", share: object) -> None:
    try:
        connection.send(share)
    except (BrokenPipeError, ConnectionResetError) as error:
        raise _ended(child) from error


def _received(connection: Connection, child: "subprocess.Popen[bytes]") -> Piece | None:
    try:
        told = connection.recv()
    except (EOFError, ConnectionResetError) as error:
        raise _ended(child) from error
    if isinstance(told, str):
        raise ShareError(told)
    return told if isinstance(told, Piece) else None


def _ended(child: "subprocess.Popen[bytes]") -> ShareError:
    return ShareError(f"a process that reads the store was ended from outside: {_end(child)}")


def _end(child: "subprocess.Popen[bytes]") -> str:
    """How a process ended that has closed its connection."""
    try:
        code = child.wait(_ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        return "it has closed its connection, and runs"
    if code >= 0:
        return f"exit code {code}"
    hint = "; the system may have run out of memory" if code == -signal.SIGKILL else ""
    return f"signal {signal.Signals(-code).name}{hint}"
