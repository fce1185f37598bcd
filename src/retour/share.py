"""`python -m retour.share FD`: a process that reads a share of an account, and sends what it finds.

Started by `wiring.spread`, with a socket to it. It opens the store to look at alone, lets everything else go
first, and imports no more than it needs: half its memory would be the server's own.
"""

import gc
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from retour import keyfile
from retour.flow.findings import Piece
from retour.flow.judge import judge
from retour.flow.own_rules import RuleFile, classifier_with
from retour.flow.previews import Rules
from retour.flow.queued import Queue, queued, read_again
from retour.flow.rejudging import Rejudging
from retour.flow.replay import Lives, judge_again, play_again, played_judged
from retour.flow.whatif import Question, look
from retour.parse.providers.generic import Map
from retour.ports import Part, Store
from retour.stores import sqlite
from retour.stores.sqlite.rows import report_of as plain_report_of

_CACHE_MIB = 48  # the events of an address lie where they came
_NICE = 10
_GARBAGE = 200_000

Share = Callable[[Store, Path, Part], Iterator[Piece]]
"""Reads a share of an account; the path is that of the data directory."""


class _Body(msgspec.Struct, array_like=True):
    """Of what a report came with, the report: the rest is passed over, which takes half the time."""

    actor: msgspec.Raw
    note: msgspec.Raw
    defects: msgspec.Raw
    arrival: msgspec.Raw = msgspec.Raw()
    report: list[Any] | None = None


_body = msgspec.json.Decoder(_Body).decode


def report_of(body: str) -> Sequence[Any] | None:
    """As `stores.sqlite.rows.report_of`. Octets that were no text it leaves to that: their escapes are none
    that JSON knows (RFC 8259 §8.2)."""
    try:
        return _body(body).report
    except msgspec.DecodeError:
        return plain_report_of(body)


DECODERS = sqlite.Decoders(msgspec.json.Decoder().decode, report_of)


def work(connection: Connection) -> None:
    """Do what the connection tells, and send what is found: None at its end, a text for a fault."""
    os.nice(_NICE)
    gc.freeze()
    gc.set_threshold(_GARBAGE)  # rows come and go in thousands, and hold no circles: a quarter of the time
    try:
        share, data, pepper, part = connection.recv()
    except (EOFError, ConnectionResetError):
        _say("the server is gone that wanted a share of an account read")
        return
    try:
        store = sqlite.open_reader(data / sqlite.STORE, pepper, DECODERS, _CACHE_MIB)
        for piece in share(store, data, part):
            connection.send(piece)
        connection.send(None)
    except (BrokenPipeError, ConnectionResetError):  # nobody reads any more
        return
    except Exception as error:
        with suppress(BrokenPipeError):  # where another share has failed before
            connection.send("".join(traceback.format_exception(error)))  # for the log of the server


def _say(line: str) -> None:
    """A line of the log. What writes them takes memory, which nobody needs who is asked for a share."""
    import structlog

    from retour.logs import set_up

    set_up("info")
    structlog.get_logger("retour").info(line)


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


def queued_again(
    asked: Rules,
    in_force: list[RuleFile],
    mappings: Mapping[str, Map],
    store: Store,
    data: Path,
    part: Part,
) -> Iterator[Piece]:
    """What was not understood when it came, under the rules of a replay."""
    return queued(asked.account, _queue(asked, in_force, mappings, store, data), asked.now, part)


def queue_read_again(
    asked: Rules,
    in_force: list[RuleFile],
    mappings: Mapping[str, Map],
    path: Path,
    store: Store,
    data: Path,
    part: Part,
) -> Iterator[Piece]:
    """What of it a replay has found, to be applied."""
    with sqlite.opened(path) as findings:
        queue = _queue(asked, in_force, mappings, store, data)
        yield from read_again(asked.account, findings, queue, asked.now, part)


def _queue(
    asked: Rules, in_force: list[RuleFile], mappings: Mapping[str, Map], store: Store, data: Path
) -> Queue:
    rules = classifier_with(in_force if asked.own is None else [RuleFile("rules", asked.own)])
    keyring = keyfile.load(data / keyfile.NAME).keyring
    inbox = sqlite.open_inbox(data / sqlite.INBOX, read_only=True)
    return Queue(store, inbox, keyring, partial(judge, rules=rules), mappings)


def played_again(asked: Rules, path: Path, store: Store, data: Path, part: Part) -> Iterator[Piece]:
    """The lives that its judgements are about."""
    with sqlite.opened(path) as findings:
        yield from played_judged(asked.account, findings, store, asked.now, part)


if __name__ == "__main__":
    with Connection(int(sys.argv[1])) as told:
        work(told)
