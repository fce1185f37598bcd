"""Plans, applies and undoes a wave, and kills itself with -9 the first time a step is reached.

usage: python -m contract.killed_wave DIRECTORY plan|apply|undo ACT before|within|after
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from contract.test_waves import PLACES, WAVE, ended, opened, restores
from retour.flow import waves
from retour.stores.sqlite.acts import SqliteActs
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.ledger import SqliteLedger
from retour.stores.sqlite.waves import SqliteWaves

OWNERS: dict[str, Any] = {"note": SqliteActs, "record": SqliteLedger}


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def foresee(act: str, moment: str) -> None:
    owner = OWNERS.get(act, SqliteWaves)
    original, write, here = getattr(owner, act), Database.write, [False]

    def mortal(*arguments: Any) -> Any:
        if moment == "before":
            die()
        here[0] = moment == "within"
        answer = original(*arguments)
        die()
        return answer

    @contextmanager
    def writing(self: Database) -> Iterator[Connection]:
        with write(self) as db:
            yield db
            if here[0]:
                die()

    setattr(owner, act, mortal)
    Database.write = writing


def main() -> None:
    directory, step, act, moment = sys.argv[1:]
    place = opened(Path(directory)).place
    steps = {
        "plan": lambda: waves.plan(WAVE, restores(WAVE, PLACES), place),
        "apply": lambda: waves.apply(WAVE.id, "key b", place),
        "undo": lambda: waves.undo(WAVE.id, "key c", place),
    }
    for name, begun in steps.items():
        if name == step:
            foresee(act, moment)
        ended(begun())


if __name__ == "__main__":
    main()
