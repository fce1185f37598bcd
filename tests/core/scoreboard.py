"""How well our own samples are read, by the software that wrote them; `make scoreboard` writes the page.

A figure is "right/stated": of the facts that expectations state. Facts that are known to be read wrongly
stand in an expectation's `missed`, and count as stated.
"""

import re
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.samples import DIRECTORY, SAMPLES, Sample, differences
from retour.flow.judge import judge

PAGE = Path(__file__).parents[2] / "docs" / "dialects.md"
BEGIN, END = "<!-- scoreboard -->\n", "<!-- end of scoreboard -->\n"
COLUMNS = ("kind", "recipients", "status", "code", "reason")
DIALECTS: Mapping[str, dict[str, Any]] = tomllib.loads(
    (DIRECTORY.parent / "dialects.toml").read_text("utf-8")
)
# What is left over by name, by its kind.
_BY_KIND = {
    "complaint": "Complaints (ARF and older forms)",
    "autoreply": "Notes of absence",
    "challenge": "Challenges",
    "bounce": "Bounces of no named software, in all forms and languages",
    "delay": "Delays of no named software",
    "delivered": "Confirmations",
}
_NO_BOUNCE = "Mails that are none of these"
_COLUMN_OF = {
    "recipient": "recipients",
    "status": "status",
    "reply_code": "code",
    "reason": "reason",
    "group": "reason",
}

Score = dict[str, tuple[int, int]]


def dialect_of(sample: Sample) -> str:
    """Whose notice it is, as the table names it."""
    words = sample.name.split("-")
    for dialect in DIALECTS.values():
        if any(word in words for word in dialect["words"]):
            return str(dialect["name"])
    return _BY_KIND.get(sample.expected.get("kind", ""), _NO_BOUNCE)


def facts(expected: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Column and path of each fact that an expectation states."""
    if "kind" in expected:
        yield "kind", "kind"
    for number, report in enumerate(expected.get("reports", [])):
        for key in report:
            if key in _COLUMN_OF:
                yield _COLUMN_OF[key], f"{number}.{key}"


def scores() -> dict[str, Score]:
    """By dialect and column: how many facts are right, how many are stated; "samples" counts mails."""
    counted: dict[str, Counter[tuple[str, bool]]] = defaultdict(Counter)
    for sample in SAMPLES:
        wrong = differences(judge(sample.raw), sample.expected)
        count = counted[dialect_of(sample)]
        count["samples", True] += 1
        for column, path in facts(sample.expected):
            count[column, path not in wrong and "reports" not in wrong] += 1
    return {
        name: {
            column: (count[column, True], count[column, True] + count[column, False])
            for column in ("samples", *COLUMNS)
        }
        for name, count in counted.items()
    }


def table(scored: Mapping[str, Score]) -> str:
    """The scoreboard in Markdown, the named software first."""
    names = [str(dialect["name"]) for dialect in DIALECTS.values()]
    rows = ["| written by | samples | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 2) + "|"]
    for name in sorted(scored, key=lambda name: (names.index(name) if name in names else len(names), name)):
        score = scored[name]
        cells = ["/".join(map(str, score[column])) if score[column][1] else "-" for column in COLUMNS]
        rows.append(f"| {name} | {score['samples'][1]} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def committed() -> dict[str, Score]:
    """The table as it stands on the page."""
    text = PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    found: dict[str, Score] = {}
    for line in text.splitlines()[2:]:
        name, samples, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        score = {"samples": (int(samples), int(samples))}
        for column, cell in zip(COLUMNS, cells, strict=True):
            right, _, stated = cell.partition("/")
            score[column] = (int(right), int(stated)) if stated else (0, 0)
        found[name] = score
    return found


def sources() -> str:
    """Where the knowledge of each is from: versions of what was provoked, and how many were written."""
    rows = ["| software | provoked from | written | its form is described in |", "|---|---|---|---|"]
    for dialect in DIALECTS.values():
        mine = [sample for sample in SAMPLES if dialect_of(sample) == dialect["name"]]
        versions = sorted({version for sample in mine for version in sample.provoked_from.split(", ")} - {""})
        written = sum(not sample.is_provoked for sample in mine)
        rows.append(
            f"| {dialect['name']} | {', '.join(versions) or '-'} | {written or '-'} | {dialect['source']} |"
        )
    return "\n".join(rows) + "\n"


def write() -> None:
    """Put both tables on the page."""
    text = PAGE.read_text("utf-8")
    for begin, end, content in (
        (BEGIN, END, table(scores())),
        ("<!-- sources -->\n", "<!-- end of sources -->\n", sources()),
    ):
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        text = pattern.sub(lambda _, new=begin + content + end: new, text)
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    if "--write" in sys.argv:
        write()
    sys.stdout.write(table(scores()))
