"""How often a verdict on a reply is right, by how sure it says it is, on our labelled replies.

    python -m bench reliability

The replies are those of tests/samples/replies and tests/samples/unseen. A verdict is right when its group is
that of a reason that the label allows; "living" allows every group but dead. The replies of the first folder
were looked at, and the rules mended after them; those of the second never were. What is undetermined claims
nothing and stands in its own row.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from retour.classify import classify
from retour.flow.judge import reply_from
from retour.model import GROUPS, Group, Reason, Verdict

SAMPLES = Path(__file__).resolve().parents[1] / "tests" / "samples"
BANDS = ((0.0, 0.5), (0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 0.96), (0.96, 1.01))
LIVING = "living"


class Labelled(NamedTuple):
    """A reply, who spoke, and the reasons that are right; "living" for any that is not dead."""

    speaker: str
    text: str
    reasons: tuple[str, ...]


class Outcome(NamedTuple):
    """Of some verdicts: how many, how many right, how many wrongly dead, and their mean confidence."""

    number: int
    right: int
    false_dead: int
    sure: float


def labelled(folder: Path) -> Iterator[Labelled]:
    """The replies of all files of a folder."""
    for file in sorted(folder.glob("*.toml")):
        for speaker, replies in tomllib.loads(file.read_text("utf-8")).items():
            for text, reasons in replies.items():
                yield Labelled(speaker, text, tuple(reasons.split("|")))


def judged(reply: Labelled) -> Verdict:
    """The verdict; a speaker with a dot is a host."""
    host = reply.speaker if "." in reply.speaker else None
    return classify(reply_from(reply.text, host))


def is_right(reply: Labelled, verdict: Verdict) -> bool:
    """Whether the group is one that the label allows."""
    if reply.reasons == (LIVING,):
        return verdict.group is not Group.DEAD and verdict.reason is not Reason.REFUSED
    return verdict.group in {GROUPS[Reason(reason)] for reason in reply.reasons}


def is_false_dead(reply: Labelled, verdict: Verdict) -> bool:
    """Whether a living address is called dead."""
    return verdict.group is Group.DEAD and not is_right(reply, verdict)


def outcome(pairs: Iterable[tuple[Labelled, Verdict]]) -> Outcome:
    """What became of these."""
    pairs = list(pairs)
    sure = sum(verdict.confidence for _, verdict in pairs) / (len(pairs) or 1)
    right = sum(is_right(*pair) for pair in pairs)
    return Outcome(len(pairs), right, sum(is_false_dead(*pair) for pair in pairs), sure)


def table(replies: Iterable[Labelled]) -> Iterator[str]:
    """A row for each band of confidence that occurs."""
    bands: dict[str, list[tuple[Labelled, Verdict]]] = defaultdict(list)
    for reply in replies:
        verdict = judged(reply)
        bands[_band(verdict)].append((reply, verdict))
    yield "| says | replies | mean confidence | right | wrongly dead |\n|---|---|---|---|---|"
    for band in sorted(bands):
        found = outcome(bands[band])
        share = f"{100 * found.right / found.number:.1f} %"
        yield f"| {band} | {found.number} | {100 * found.sure:.0f} % | {share} | {found.false_dead} |"


def _band(verdict: Verdict) -> str:
    if verdict.reason in (None, Reason.UNDETERMINED):
        return "undetermined"
    low, high = next(each for each in BANDS if each[0] <= verdict.confidence < each[1])
    return f"{100 * low:.0f} to {100 * min(high, 1):.0f} %"


def run() -> str:
    """Both folders."""
    unseen, seen = list(labelled(SAMPLES / "unseen")), list(labelled(SAMPLES / "replies"))
    return "\n".join(
        [f"Never looked at, {len(unseen)}:\n", *table(unseen), f"\nLooked at, {len(seen)}:\n", *table(seen)]
    )


def quick() -> str:
    """Some of them."""
    return "\n".join(table(list(labelled(SAMPLES / "unseen"))[:20]))
