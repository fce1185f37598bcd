"""Reading and judging bounces (parse + classify) against public parsers on the same mails.

    python -m bench.parse [DIRECTORY] [--rounds 5]        or BENCH_TINY=1 to prove that it works

The mails are those of DIRECTORY, else of ../shared/corpora/mails where that is there, else our own
samples. All are in memory first; the programs take turns, one round each, on one core. A rate is mails
per CPU-second (user and system) of the process that reads them. Found are the mails in which a program
named at least one recipient of a bounce or a delay. Before each of its rounds Retour forgets what it
remembers of texts, codes and charsets, so that no mail is the faster for having been read in the round
before; within a round it remembers, as it does at work. What differs: flufl.bounce tells addresses and no
reasons; Sisimai is asked through a reference to the mail's text and tells about as much as Retour.
"""

import argparse
import email
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import NamedTuple

from retour.classify import classifier, classify
from retour.mime.charsets import charset_codec
from retour.model import Kind
from retour.parse import parse

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "mails"
SAMPLES = Path(__file__).resolve().parents[1] / "tests" / "samples" / "mails"

SISIMAI = r"""
use strict; use warnings; use Sisimai; use Time::HiRes;
my @mails = map { local $/; open my $in, '<', $_ or die "$_: $!"; my $text = <$in>; \$text } @ARGV;
$| = 1; print "$Sisimai::VERSION\n";
while( <STDIN> ) {
    my $begin = Time::HiRes::clock(); my $found = 0;  # user and system; times() ticks in 10 ms
    for my $mail ( @mails ) {
        my $copy = $$mail;
        my $read = Sisimai->make(\$copy, 'vacation' => 0);
        $found++ if $read && @$read;
    }
    printf "%.6f %d\n", Time::HiRes::clock() - $begin, $found;
}
"""


TICK = 0.01  # seconds: what Perl's clock() may not see; a few mails alone can take less


class Round(NamedTuple):
    """One pass over all mails."""

    seconds: float  # of the processor
    found: int  # mails with a recipient


Peer = Callable[[], Round]


def nothing() -> None:
    """Of a program that is not made to forget."""


def in_process(
    mails: Sequence[bytes], finds: Callable[[bytes], bool], forget: Callable[[], None] = nothing
) -> Peer:
    """A program that is called for each mail in this process; `forget` comes before each round, untimed."""

    def turn() -> Round:
        forget()
        begin = time.process_time()
        found = sum(finds(mail) for mail in mails)
        return Round(time.process_time() - begin, found)

    return turn


def retour(mail: bytes) -> bool:
    """Retour: all reports with their verdicts."""
    reading = parse(mail)
    verdicts = [classify(report, reading) for report in reading.reports]
    return bool(verdicts) and any(
        report.recipient and report.kind in (Kind.BOUNCE, Kind.DELAY) for report in reading.reports
    )


def forget_all() -> None:
    """Retour: whatever it keeps between mails."""
    classifier().forget()
    charset_codec.cache_clear()


def flufl(mail: bytes) -> bool:
    """flufl.bounce as its manual has it: temporary and permanent failures, without reasons."""
    from flufl.bounce import all_failures

    try:
        temporary, permanent = all_failures(email.message_from_bytes(mail))
    except IndexError:  # it stumbles over a mail without From
        return False
    return bool(temporary or permanent)


def sisimai(files: Sequence[Path], ends: ExitStack) -> tuple[str, Peer] | None:
    """Debian's libsisimai-perl in a process of its own, which `ends` ends; None where it is not installed."""
    perl = shutil.which("perl")
    if not perl or subprocess.run([perl, "-MSisimai", "-e1"], capture_output=True, check=False).returncode:
        return None
    command = [perl, "-e", SISIMAI, *map(str, files)]
    child = ends.enter_context(
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    )
    reader, writer = child.stdout, child.stdin
    assert reader is not None
    assert writer is not None
    name = f"Sisimai {reader.readline().strip()} (Perl)"

    def turn() -> Round:
        writer.write("go\n")
        writer.flush()
        seconds, found = reader.readline().split()
        return Round(max(float(seconds), TICK), int(found))

    return name, turn


def peers(files: Sequence[Path], ends: ExitStack) -> dict[str, Peer]:
    """Everybody who can take part here, Retour first."""
    mails = [file.read_bytes() for file in files]
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it logs what it stumbles over
    taking_part: dict[str, Peer] = {"Retour": in_process(mails, retour, forget_all)}
    with suppress(PackageNotFoundError):
        taking_part[f"flufl.bounce {version('flufl.bounce')}"] = in_process(mails, flufl)
    other = sisimai(files, ends)
    if other:
        taking_part[other[0]] = other[1]
    return taking_part


def table(files: Sequence[Path], rounds: int) -> str:
    """The Markdown table: rates and ratios as min / median / max, and what was found."""
    with ExitStack() as ends:
        taking_part = peers(files, ends)
        for turn in taking_part.values():
            turn()  # warm: tables are built, patterns compiled
        load = os.getloadavg()[0]
        measured = {name: [turn()] for name, turn in taking_part.items()}
        for _ in range(rounds - 1):
            for name, turn in taking_part.items():
                measured[name].append(turn())
    ours = [taken.seconds for taken in measured["Retour"]]
    size = sum(file.stat().st_size for file in files)
    lines = [
        f"{len(files)} mails, {size / 1e6:.1f} MB, {rounds} alternating rounds,"
        f" load {load:.1f} to {os.getloadavg()[0]:.1f}; Retour's caches are emptied before each round.",
        "",
        "| program | mails per CPU-second | found | Retour is faster by |",
        "|---|---|---|---|",
    ]
    for name, taken in measured.items():
        rates = spread([len(files) / turn.seconds for turn in taken], "{:,.0f}")
        ratios = spread([turn.seconds / our for turn, our in zip(taken, ours, strict=True)], "{:.1f}×")
        lines.append(f"| {name} | {rates} | {taken[-1].found} | {'' if name == 'Retour' else ratios} |")
    return "\n".join(lines)


def spread(values: Sequence[float], form: str) -> str:
    """Minimum, median and maximum."""
    return " / ".join(form.format(value) for value in (min(values), median(values), max(values)))


def mails_of(directory: Path | None) -> list[Path]:
    """The mails to read."""
    folder = directory or (CORPUS if CORPUS.is_dir() else SAMPLES)
    files = sorted(folder.rglob("*.eml"))
    if not files:
        sys.exit(f"bench.parse: no *.eml in {folder}; name a directory that has some")
    return files


def run() -> str:
    """The table in full."""
    return table(mails_of(None), 5)


def quick() -> str:
    """The table of a few of our own samples, to prove that it works."""
    return table(sorted(SAMPLES.glob("*.eml"))[:5], 1)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.parse", description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    if os.environ.get("BENCH_TINY"):
        print(quick())
    else:
        print(table(mails_of(given.directory), given.rounds))


if __name__ == "__main__":
    main()
