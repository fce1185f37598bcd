"""`python -m retour.share FD`: a process that reads a share of an account, and sends what it finds.

Started by `wiring.spread`, with a socket to it. It opens the store to look at alone, lets everything else go
first, and imports no more than it needs: half its memory would be the server's own.
"""

import gc
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from retour.flow.findings import Piece
from retour.flow.own_rules import RuleFile, classifier_with
from retour.flow.previews import Rules
from retour.flow.rejudging import Rejudging
from retour.flow.replay import Lives, judge_again, play_again, played_judged
from retour.flow.whatif import Question, look
from retour.ports import Part, Store
from retour.stores import sqlite

_CACHE_MIB = 48  # the events of an address lie where they came
_NICE = 10
_GARBAGE = 200_000

Share = Callable[[Store, Path, Part], Iterator[Piece]]
"""Reads a share of an account; the path is that of the data directory."""


def work(connection: Connection) -> None:
    """Do what the connection tells, and send what is found: None at its end, a text for a fault."""
    os.nice(_NICE)
    gc.freeze()
    gc.set_threshold(_GARBAGE)  # rows come and go in thousands, and hold no circles: a quarter of the time
    share, data, pepper, part = connection.recv()
    try:
        store = sqlite.open_reader(data / sqlite.STORE, pepper, msgspec.json.Decoder().decode, _CACHE_MIB)
        for piece in share(store, data, part):
            connection.send(piece)
        connection.send(None)
    except BrokenPipeError:  # nobody reads any more
        return
    except Exception as error:
        with suppress(BrokenPipeError):  # where another share has failed before
            connection.send("".join(traceback.format_exception(error)))  # for the log of the server


# --- the shares: functions that another process finds by their names ----------------------------------------


def looked(asked: Question, store: Store, data: Path, part: Part) -> Iterator[Piece]:
    """A what-if."""
    return look(asked, store, part)


def played(asked: Lives, store: Store, data: Path, part: Part) -> Iterator[Piece]:
    """A replay of lives."""
    return play_again(asked, store, part)


def judged_again(
    asked: Rules, in_force: list[RuleFile], store: Store, data: Path, part: Part
) -> Iterator[Piece]:
    """The reports of a replay under rules."""
    inbox = sqlite.open_inbox(data / sqlite.INBOX, read_only=True)
    now = classifier_with(in_force)
    if asked.own is None:
        rules = Rejudging(now, None, inbox.arrival)
    else:
        rules = Rejudging(classifier_with([RuleFile("rules", asked.own)]), now)
    return judge_again(asked.account, rules, store, part)


def played_again(asked: Rules, path: Path, store: Store, data: Path, part: Part) -> Iterator[Piece]:
    """The lives that its judgements are about."""
    with sqlite.opened(path) as findings:
        yield from played_judged(asked.account, findings, store, asked.now, part)


if __name__ == "__main__":
    with Connection(int(sys.argv[1])) as told:
        work(told)
