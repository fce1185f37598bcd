"""Retour with a death foreseen: the first time a step of intake is reached, the process kills itself with -9.

usage: python -m story.killed "before put" serve --config FILE

A step is an act of the intake and a moment in it: "before", "within" (all written, not yet committed) or
"after" it. Everything else is the program as it is.
"""

import os
import poplib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from sqlite3 import Connection
from typing import Any, NoReturn

from retour.bus.local import LocalBus
from retour.inlets import maildir
from retour.inlets.pickup import imap
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.inbox import SqliteInbox
from retour.stores.sqlite.ledger import SqliteLedger
from retour.stores.sqlite.outbox import SqliteOutbox
from retour.stores.sqlite.requests import SqliteRequests

ACTS: dict[str, tuple[Any, str]] = {
    "put": (SqliteInbox, "put"),  # the arrival becomes durable; then 250 is said
    "record": (SqliteLedger, "record"),  # its events and states do
    "publish": (LocalBus, "publish"),  # the gates hear of it
    "settle": (SqliteInbox, "settle"),  # the inbox is told that it is done
    "move": (imap._Visit, "_put_away"),  # an IMAP server is told to move what is durable
    "put_away": (maildir, "put_away"),  # a Maildir's mail is moved from our claim to what is done
    "end": (SqliteRequests, "end"),  # support's decision becomes durable
    "queue": (SqliteOutbox, "put"),  # the notice of it waits for whom it is sent to
    "settled": (SqliteRequests, "settled"),  # all that follows from the decision is done
    "delete": (poplib.POP3, "dele"),  # a POP3 server to delete it, at the end of the session
}
STEPS = [
    "before put",
    "within put",
    "after put",
    "before record",
    "within record",
    "after record",
    "before publish",
    "after publish",
    "before settle",
    "within settle",
    "after settle",
]

_doomed = threading.local()


def die() -> NoReturn:
    """As the power failing: no handler, no flush, no close."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("survived SIGKILL")


def foresee(step: str) -> None:
    """Let the process die at this step."""
    moment, act = step.split()
    owner, name = ACTS[act]
    original: Callable[..., Any] = getattr(owner, name)

    def mortal(*arguments: Any) -> Any:
        if moment == "before":
            die()
        _doomed.here = moment == "within"
        answer = original(*arguments)
        if moment == "after":
            die()
        return answer

    setattr(owner, name, mortal)
    _die_before_the_commit()


def _die_before_the_commit() -> None:
    original = Database.write

    @contextmanager
    def write(self: Database) -> Iterator[Connection]:
        with original(self) as connection:
            yield connection
            if getattr(_doomed, "here", False):
                die()

    Database.write = write


if __name__ == "__main__":
    foresee(sys.argv.pop(1))
    from retour.cli import main

    main()
