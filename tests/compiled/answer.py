"""Retour in a process of its own, in whichever form PYTHONPATH leads to: tells all that it reads and judges.

Its first line is the file of its parser. A question is a line "mail 123" or "reply 123", then as many octets;
the answer is the number of octets, then the values in full.
"""

import sys

import retour.parse
from retour.classify import classify
from retour.parse import parse, parse_reply


def answer(what: bytes, given: bytes) -> str:
    """Every field of the reading, the reports and the verdicts; an error by its type and words."""
    try:
        reading = parse(given) if what == b"mail" else None
        reports = reading.reports if reading else (parse_reply(given.decode("utf-8", "surrogateescape")),)
        verdicts = [(classify(report, reading), classify(report)) for report in reports]
        return repr((reading, reports, verdicts))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def main() -> None:
    """Until there are no more questions."""
    sys.stdout.write(f"{retour.parse.__file__}\n")
    sys.stdout.flush()
    while question := sys.stdin.buffer.readline():
        what, size = question.split()
        said = answer(what, sys.stdin.buffer.read(int(size))).encode("utf-8", "backslashreplace")
        sys.stdout.buffer.write(b"%d\n%b" % (len(said), said))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
