"""Retour in a process of its own, pure or compiled: whichever PYTHONPATH leads to.

    PYTHONPATH=src python -m bench._reader MAIL...

Its first line says which form it is; then each line that it is given is answered with a round over all
mails: CPU-seconds, and in how many mails a recipient was found.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import retour.parse
from retour.classify import classifier, classify
from retour.collector import collect_seldom
from retour.model import Kind
from retour.parse import parse

_ROOMS = ("retour.mime", "retour.parse", "retour.classify")


class Round(NamedTuple):
    """One pass over all mails."""

    seconds: float  # of the processor
    found: int  # mails with a recipient


def timed(mails: Sequence[bytes], finds: Callable[[bytes], bool]) -> Round:
    """One pass over all mails with a program that is called for each."""
    begin = time.process_time()
    found = sum(finds(mail) for mail in mails)
    return Round(time.process_time() - begin, found)


def retour_finds(mail: bytes) -> bool:
    """Retour: all reports with their verdicts."""
    reading = parse(mail)
    verdicts = [classify(report, reading) for report in reading.reports]
    return bool(verdicts) and any(
        report.recipient and report.kind in (Kind.BOUNCE, Kind.DELAY) for report in reading.reports
    )


def forget_all() -> None:
    """Retour: whatever it keeps between mails, in whichever module.

    Those are the caches with a bound; the others remember knowledge, such as the rules, and nothing of mails.
    """
    classifier().forget()
    for name, module in sorted(sys.modules.items()):
        if name.startswith(_ROOMS):
            for value in vars(module).values():
                if hasattr(value, "cache_parameters") and value.cache_parameters()["maxsize"] is not None:
                    value.cache_clear()


def main() -> None:
    """Answers until there are no more lines."""
    mails = [Path(name).read_bytes() for name in sys.argv[1:]]
    form = "pure" if str(retour.parse.__file__).endswith(".py") else "compiled"
    print(form, flush=True)
    classifier()
    collect_seldom()  # as `retour serve` and `retour explain` do
    for _ in sys.stdin:
        forget_all()
        taken = timed(mails, retour_finds)
        print(f"{taken.seconds:.6f} {taken.found}", flush=True)


if __name__ == "__main__":
    main()
