"""Reading and judging bounces (parse + classify) against public parsers on the same mails.

    python -m bench.parse [DIRECTORY] [--rounds 5]        or BENCH_TINY=1 to prove that it works

The mails are those of DIRECTORY, else of ../shared/corpora/mails where that is there, else our own
samples. All are in memory first; the programs take turns, one round each, on one core. A rate is mails
per CPU-second (user and system) of the process that reads them. Found are the mails in which a program
named at least one recipient of a bounce or a delay. Retour takes part as pure Python and, where
`make compiled` has made that of this very source, compiled; each form has a process of its own. Before each
of its rounds it forgets what it remembers of mails, so that no mail is the faster for having been read in
the round before; within a round it remembers, as it does at work. Python's collector of cycles runs as
seldom as it does there, for flufl.bounce as well. What differs: flufl.bounce tells addresses
and no reasons; Sisimai is asked through a reference to the mail's text and tells about as much as Retour.
"""

import argparse
import email
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from bench._forms import ROOT, is_compiled
from bench._reader import Round, timed
from retour.collector import collect_seldom

CORPUS = ROOT.parent / "shared" / "corpora" / "mails"
SAMPLES = ROOT / "tests" / "samples" / "mails"
PURE, COMPILED = "Retour", "Retour, compiled"

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


Peer = Callable[[], Round]


def flufl(mail: bytes) -> bool:
    """flufl.bounce as its manual has it: temporary and permanent failures, without reasons."""
    from flufl.bounce import all_failures

    try:
        temporary, permanent = all_failures(email.message_from_bytes(mail))
    except Exception:  # it stumbles over mails without From, or with octets in it
        return False
    return bool(temporary or permanent)


def child(
    command: Sequence[str], ends: ExitStack, environment: Mapping[str, str] | None = None, tick: float = 0.0
) -> tuple[str, Peer]:
    """A program in a process of its own, which `ends` ends: its first line, and how it is asked for a round.

    `tick`: seconds below which its clock does not tell.
    """
    started = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=None if environment is None else {**os.environ, **environment},
    )
    process = ends.enter_context(started)
    reader, writer = process.stdout, process.stdin
    assert reader is not None
    assert writer is not None

    def turn() -> Round:
        writer.write("go\n")
        writer.flush()
        seconds, found = reader.readline().split()
        return Round(max(float(seconds), tick), int(found))

    return reader.readline().strip(), turn


def retour(form: str, source: Path, files: Sequence[str], ends: ExitStack) -> Peer:
    """Retour as it stands in `source`; an error where it is not of this form."""
    command = [sys.executable, "-m", "bench._reader", *files]
    said, turn = child(command, ends, {"PYTHONPATH": str(source)})
    if said != form:
        raise AssertionError(f"{source} should be {form}, and is {said or 'broken'}")
    return turn


def sisimai(files: Sequence[str], ends: ExitStack) -> tuple[str, Peer] | None:
    """Debian's libsisimai-perl; None where it is not installed."""
    perl = shutil.which("perl")
    if not perl or subprocess.run([perl, "-MSisimai", "-e1"], capture_output=True, check=False).returncode:
        return None
    number, turn = child([perl, "-e", SISIMAI, *files], ends, tick=TICK)
    return f"Sisimai {number} (Perl)", turn


def peers(files: Sequence[Path], ends: ExitStack) -> dict[str, Peer]:
    """Everybody who can take part here, Retour first."""
    mails = [file.read_bytes() for file in files]
    names = [str(file.resolve()) for file in files]
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it logs what it stumbles over
    taking_part: dict[str, Peer] = {PURE: retour("pure", ROOT / "src", names, ends)}
    if is_compiled():
        taking_part[COMPILED] = retour("compiled", ROOT / "build/compiled", names, ends)
    collect_seldom()
    with suppress(PackageNotFoundError):
        taking_part[f"flufl.bounce {version('flufl.bounce')}"] = lambda: timed(mails, flufl)
    other = sisimai(names, ends)
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
    size = sum(file.stat().st_size for file in files)
    ours = [name for name in (PURE, COMPILED) if name in measured]
    return "\n".join(
        [
            f"{len(files)} mails, {size / 1e6:.1f} MB, {rounds} alternating rounds,"
            f" load {load:.1f} to {os.getloadavg()[0]:.1f}; Retour's caches are emptied before each round."
            f" {PURE!r} is pure Python, as it is installed without a C compiler"
            + (f"; {COMPILED!r} is the same through mypyc, some steps in C" if COMPILED in ours else "")
            + f". Phrases are found by {searcher()}.",
            "",
            "| program | mails per CPU-second | found | "
            + " | ".join(f"{name}{',' if name == COMPILED else ''} is faster by" for name in ours)
            + " |",
            "|---|---|---|" + "---|" * len(ours),
            *[_line(name, measured, ours, len(files)) for name in measured],
        ]
    )


def searcher() -> str:
    """What finds the phrases: an option of the installation, the same for both forms."""
    try:
        return f"ahocorasick_rs {version('ahocorasick_rs')}"
    except PackageNotFoundError:
        return "the standard library"


def _line(name: str, measured: Mapping[str, Sequence[Round]], ours: Sequence[str], mails: int) -> str:
    taken = measured[name]
    cells = [name, spread([mails / turn.seconds for turn in taken], "{:,.0f}"), str(taken[-1].found)]
    for our in ours:
        pairs = zip(taken, measured[our], strict=True)
        ratios = [turn.seconds / mine.seconds for turn, mine in pairs]
        cells.append("" if name in (our, COMPILED) else spread(ratios, "{:.1f}×"))
    return f"| {' | '.join(cells)} |"


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
