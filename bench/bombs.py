"""Mails that are built to be costly, each against the 100 ms that one mail may take.

    python -m bench bombs

Time is that of the processor for parse and classify of one mail in this process, the best of three rounds;
the tests hold each of them to a bounded number of steps instead (tests/core/test_parse_hostile.py). Peak
memory is what Python allocated for that mail, the mail itself not counted.
"""

import time
import tracemalloc
from base64 import b64encode, encodebytes
from collections.abc import Callable

from retour.flow.judge import judge

AIM = 100  # ms for one mail (security.md §3)
HEAD = b"From: MAILER-DAEMON@out.test\nSubject: Undelivered Mail\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n"
HTML = HEAD + b"Content-Type: text/html\n\n"
STATUS = b"--b\nContent-Type: message/delivery-status\n\n"
GROUP = b"Final-Recipient: rfc822; a%d@dest.test\nAction: failed\n\n"


def _numbered(form: bytes, count: int) -> bytes:
    return b"".join(form % number for number in range(count))


def _report(words: bytes, groups: bytes) -> bytes:
    return (
        HEAD
        + b"Content-Type: multipart/report; boundary=b\n\n--b\n\n"
        + words
        + b"\n"
        + STATUS
        + groups
        + b"\n--b--\n"
    )


# Each is made of so many pieces, 1 being the full size that is named.
BOMBS: dict[str, Callable[[float], bytes]] = {
    "5,000 nested parts": lambda n: (
        HEAD
        + b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(int(5000 * n))
        )
    ),
    "5,000 nested parts of one boundary": lambda n: (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * int(5000 * n)
    ),
    "5,000 nested messages": lambda n: HEAD + b"Content-Type: message/rfc822\n\n" * int(5000 * n),
    "100,000 empty parts": lambda n: MIXED + b"--b\n\n" * int(100_000 * n),
    "200,000 lines that are nearly delimiters": lambda n: MIXED + b"--bb\n" * int(200_000 * n),
    "200,000 delimiters that were not declared": lambda n: (
        HEAD + b"Content-Type: multipart/mixed\n\n" + b"--b\n" * int(200_000 * n)
    ),
    "Content-Type of 16,000 parameters": lambda n: (
        HEAD + b"Content-Type: multipart/report" + _numbered(b"; p%d=v", int(16_000 * n)) + b"\n\n--b\n\nx"
    ),
    "Content-Type of 16,000 sections": lambda n: (
        HEAD
        + b"Content-Type: multipart/report"
        + _numbered(b"; boundary*%d*=v", int(16_000 * n))
        + b"\n\n--b\n\nx"
    ),
    "To of 0.23 MB": lambda n: HEAD + b"To: " + _numbered(b"a%d@dest.test, ", int(13_000 * n)) + b"\n\nx",
    "To of 0.23 MB, folded": lambda n: (
        HEAD + b"To: " + _numbered(b"a%d@dest.test,\n ", int(13_000 * n)) + b"x\n\nx"
    ),
    "2,000 open parentheses": lambda n: (
        b"From: %b\nTo: %b\nSubject: Undelivered Mail\n\nx" % ((b"(" * int(2000 * n),) * 2)
    ),
    "header of 150 kB": lambda n: HEAD + b"X-A: " + b"y" * int(150_000 * n) + b"\n\nx",
    "30,000 headers": lambda n: HEAD + b"X: y\n" * int(30_000 * n) + b"\n\nx",
    "6,000 encoded words": lambda n: HEAD + b"To: " + b"=?utf-8?q?a?= " * int(6000 * n) + b"\n\nx",
    "encoded words without end": lambda n: (
        b"From: MAILER-DAEMON@a.test\nSubject: " + b"=?a?q?" * int(2700 * n) + b"\n\nx"
    ),
    "50 MB": lambda n: HEAD + b"\n<ann@dest.test>: 550 5.1.1 no\n\n" + b"x\n" * int(25_000_000 * n),
    "1 MB in one line": lambda n: HEAD + b"\n" + b"a" * int(1_000_000 * n),
    "1 MB of <": lambda n: HEAD + b"\n" + b"<" * int(1_000_000 * n),
    "1 MB of 5.1.": lambda n: HEAD + b"\n" + b"5.1." * int(250_000 * n),
    "1 MB of a@": lambda n: HEAD + b"\n" + b"a@" * int(500_000 * n),
    "1 MB of addresses": lambda n: HEAD + b"\n" + b"a@b " * int(250_000 * n),
    "1 MB of carriage returns": lambda n: b"\r" * int(1_000_000 * n),
    "1 MB of dividers": lambda n: HEAD + b"\n" + (b"-" * 60 + b"\n") * int(16_000 * n),
    "1 MB of header lines": lambda n: HEAD + b"\n" + b"From: x\nTo: y\n\n" * int(70_000 * n),
    "40,000 recipients in words": lambda n: (
        HEAD + b"\nfollowing recipients:\n" + _numbered(b"a%d@dest.test: 550 no\n", int(40_000 * n))
    ),
    "20,000 recipients": lambda n: _report(b"", _numbered(GROUP, int(20_000 * n))),
    "20,000 recipients, words about each": lambda n: _report(
        _numbered(b"<a%d@dest.test>: x\n", int(2000 * n)), _numbered(GROUP, int(20_000 * n))
    ),
    "20,000 recipients and a transcript": lambda n: _report(
        b"Transcript of session follows\n" + b"while talking to a\n" * int(1600 * n),
        _numbered(GROUP, int(20_000 * n)),
    ),
    "8,000 recipients in a dialogue without answers": lambda n: (
        HEAD
        + b"\nYour message could not be delivered.\n\n"
        + _numbered(b"C: RCPT TO:<a%d@dest.test>\nS:mx.dest.test\n", int(8000 * n))
    ),
    "100 recipients, each called spam by many hosts": lambda n: _report(
        _numbered(b"<a%d@dest.test>: " + b"spam.x/" * 40 + b"\n", int(100 * n)),
        _numbered(
            GROUP.rstrip() + b"\nDiagnostic-Code: smtp; 550 " + b"spam.x/" * 70 + b"\n\n", int(100 * n)
        ),
    ),
    "50 reports": lambda n: MIXED + (STATUS + b"a:b\n\n" * 4000) * int(50 * n),
    "14 reports of 64 KiB": lambda n: MIXED + (STATUS + b"a:b\n\n" * 14_000) * int(14 * n),
    "a report of blanks": lambda n: _report(b"", b"a:b\n" + b" \t" * int(400_000 * n)),
    "40,000 complaints": lambda n: (
        MIXED
        + b"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
        + b"Original-Rcpt-To: a@b.c\n" * int(40_000 * n)
    ),
    "base64 of 1 MB": lambda n: (
        HEAD + b"Content-Transfer-Encoding: base64\n\n" + encodebytes(b"<" * int(700_000 * n))
    ),
    "base64 that is none": lambda n: (
        HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"!A" * int(500_000 * n)
    ),
    "50 reports in base64": lambda n: (
        MIXED
        + (
            b"--b\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n"
            + b64encode(GROUP % 1 * 300)
            + b"\n"
        )
        * int(50 * n)
    ),
    "50 parts of HTML": lambda n: (
        MIXED + (b"--b\nContent-Type: text/html\n\n" + b"<style>" * 2800 + b"\n") * int(50 * n)
    ),
    "JSON, deep": lambda n: HEAD + b'\nnotificationtype {"a":' + b"[" * int(30_000 * n),
    "JSON, a long number": lambda n: HEAD + b'\nnotificationtype {"a":' + b"9" * int(30_000 * n),
    "ISO-2022-JP, switching": lambda n: (
        HEAD + b"Content-Type: text/plain; charset=iso-2022-jp\n\n" + b"\x1b$B$3\x1b(B" * int(100_000 * n)
    ),
} | {
    f"1 MB of {piece.decode().strip() or 'blank lines'}": lambda n, piece=piece: (
        HTML + piece * int(1_000_000 * n / len(piece))
    )
    for piece in (
        b"<style>",
        b"<br",
        b"<a ",
        b"<!--",
        b"<b@",
        b"&#x",
        b"&amp;",
        b"&CounterClockwiseContour",
        b"\n \t",
    )
}


def _milliseconds(raw: bytes) -> float:
    begin = time.process_time()
    judge(raw)
    return (time.process_time() - begin) * 1000


def _megabytes(raw: bytes) -> float:
    tracemalloc.start()
    judge(raw)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def table(size: float, rounds: int) -> str:
    """The Markdown table, the slowest first."""
    judge(HEAD + "\n<a@b.test>: 550 5.1.1 \u00fc".encode())  # warm: tables are built, patterns compiled
    rows = []
    for name, bomb in BOMBS.items():
        raw = bomb(size)
        taken = min(_milliseconds(raw) for _ in range(rounds))
        rows.append((taken, _megabytes(raw), len(raw) / 1e6, name))
    rows.sort(reverse=True)
    lines = [f"| {name} | {size:.2f} | {taken:.1f} | {peak:.1f} |" for taken, peak, size, name in rows]
    over = [name for taken, *_, name in rows if taken > AIM]
    verdict = f"over {AIM} ms: {', '.join(over)}" if over else f"none is over {AIM} ms"
    return "\n".join(
        [
            "| mail | MB | ms | peak memory, MB |",
            "|---|---|---|---|",
            *lines,
            "",
            f"Of {len(rows)}, {verdict}.",
        ]
    )


def run() -> str:
    """The table in full."""
    return table(1, 3)


def quick() -> str:
    """The table of small ones, to prove that it works."""
    return table(0.01, 1)
