"""`retour explain --json` of long streams: memory over the bare interpreter, and that it does not grow.

    python -m bench stream

Our own samples, over and over, each with addresses and words of its own so that nothing is remembered from
the one before; the last stream has hostile mails of 1 MiB among them. Peak memory is the maximum resident
set of the child (resource.getrusage), less that of `python -c pass`. Both are started by an interpreter that
has loaded nothing, because a child begins with the peak of who starts it.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

SAMPLES = Path(__file__).resolve().parents[1] / "tests" / "samples" / "mails"
SEPARATOR = b"From MAILER-DAEMON Sun Mar  1 09:00:00 2026\n"
AIM = 20  # MB over the interpreter (issue 3)
# -S -I: nothing is loaded that the child would not load itself.
LAUNCHER = (
    "import os, resource, sys\n"
    "if len(sys.argv) > 3: os.dup2(os.open(sys.argv[2], os.O_RDONLY), 0)\n"
    "read, write = os.pipe()\n"
    "pid = os.fork()\n"
    "if not pid:\n"
    "    os.dup2(write, 1); os.close(read); os.close(write)\n"
    "    os.execv(sys.executable, [sys.executable, *sys.argv[3:]])\n"
    "os.close(write)\n"
    "lines = 0\n"
    "while piece := os.read(read, 65536): lines += piece.count(b'\\n')\n"
    "_, status, used = os.wait4(pid, 0)\n"
    "print(status, lines, used.ru_maxrss, used.ru_utime + used.ru_stime)\n"
)


class Measured(NamedTuple):
    """One child: lines of output, peak memory, and the time of the processor."""

    lines: int
    megabytes: float
    seconds: float


def measured(arguments: Sequence[str], stdin: Path) -> Measured:
    """Run the interpreter with these arguments to its end."""
    command = [sys.executable, "-S", "-I", "-c", LAUNCHER, "--", str(stdin), *arguments]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    if said[0] != "0":
        raise SystemExit(f"bench.stream: {arguments} ended with status {said[0]}")
    return Measured(int(said[1]), int(said[2]) / 1024, float(said[3]))


def mails(count: int) -> Iterator[bytes]:
    """So many mails, none like another."""
    samples = [file.read_bytes() for file in sorted(SAMPLES.glob("*.eml"))]
    for number in range(count):
        raw = samples[number % len(samples)].replace(b"@dest", b"@d%d.dest" % number)
        yield raw.replace(b"550 ", b"550 no. %d " % number)


def bombs() -> Iterator[bytes]:
    """Mails of 1 MiB that are built to be costly."""
    head = b"From: MAILER-DAEMON@out.test\nSubject: Undelivered Mail\n"
    yield head + b"Content-Type: text/html\n\n" + b"<style>" * 150_000
    yield head + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 200_000
    yield head + b"Content-Transfer-Encoding: base64\n\n" + b"QUFB" * 260_000
    for letter in "\u00fc\u65e5\U0001f600":
        words = "".join(f"{letter * 8} {number} " for number in range(60_000))
        yield head + b"Content-Type: text/plain; charset=utf-8\n\n<a@b.test>: 550 " + words.encode()


def write_streams(room: Path, count: int) -> dict[str, tuple[list[str], Path, int]]:
    """The streams: arguments, standard input, and how many mails there are in it."""
    folder, box, names, hostile = room / "mails", room / "box", room / "names", room / "hostile"
    folder.mkdir()
    with box.open("wb") as out, names.open("wb") as listed:
        for number, raw in enumerate(mails(count)):
            file = folder / f"{number:06}.eml"
            file.write_bytes(raw)
            listed.write(os.fsencode(file) + b"\n")
            out.write(SEPARATOR + raw.replace(b"\nFrom ", b"\n>From ") + b"\n\n")
    with hostile.open("wb") as out:
        for _ in range(5):
            for raw in bombs():
                out.write(SEPARATOR + raw + b"\n\n")
    nothing = Path(os.devnull)
    return {
        "one mail": ([str(folder / "000000.eml")], nothing, 1),
        f"a directory of {count:,} mails": ([str(folder)], nothing, count),
        f"an mbox of {count:,} mails": ([str(box)], nothing, count),
        f"the same mbox on standard input, {3 * count:,} mails": (["-"], _thrice(box), 3 * count),
        f"a list of {count:,} files on standard input": (["--files-from", "-"], names, count),
        "an mbox of 30 hostile mails of 1 MiB": ([str(hostile)], nothing, 30),
    }


def _thrice(box: Path) -> Path:
    long = box.with_suffix(".long")
    long.write_bytes(box.read_bytes() * 3)
    return long


def table(count: int) -> str:
    """The Markdown table."""
    bare = measured(["-c", "pass"], Path(os.devnull))
    lines = [
        f"| stream | peak over the bare interpreter ({bare.megabytes:.1f} MB) | mails per CPU-second |",
        "|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as room:
        for name, (arguments, stdin, expected) in write_streams(Path(room), count).items():
            taken = measured(["-m", "retour", "explain", "--json", *arguments], stdin)
            if taken.lines != expected:
                raise SystemExit(f"bench.stream: {taken.lines} answers for {expected} mails of {name}")
            rate = f"{expected / taken.seconds:,.0f}" if expected > 1 else f"({taken.seconds:.2f} s to start)"
            lines.append(f"| {name} | {taken.megabytes - bare.megabytes:.1f} MB | {rate} |")
    return "\n".join(
        [*lines, "", f"The aim is {AIM} MB for a stream of any length; reading files is in the rate."]
    )


def run() -> str:
    """The table in full."""
    return table(10_000)


def quick() -> str:
    """The table of a few mails, to prove that it works."""
    return table(60)
