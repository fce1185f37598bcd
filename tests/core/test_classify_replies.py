"""Replies of real servers, written down by hand: tests/samples/replies/*.toml."""

import tomllib
from pathlib import Path

import pytest

from retour.classify import classify
from retour.flow.judge import judge_reply
from retour.model import Group, Reason

FOLDER = Path(__file__).parents[1] / "samples" / "replies"
REPLIES = [
    (speaker, text, reasons.split("|"))
    for file in sorted(FOLDER.glob("*.toml"))
    for speaker, replies in tomllib.loads(file.read_text(encoding="utf-8")).items()
    for text, reasons in replies.items()
]


def test_there_are_replies() -> None:
    assert len(REPLIES) > 200


@pytest.mark.parametrize(("speaker", "text", "reasons"), REPLIES, ids=lambda value: str(value)[:50])
def test_a_reply_has_its_reason(speaker: str, text: str, reasons: list[str]) -> None:
    """The name of a table is the host that spoke; without a dot it is software or a theme, on any host."""
    report = judge_reply(text)[0]
    verdict = classify(report._replace(remote_mta=speaker) if "." in speaker else report)
    if reasons == ["living"]:
        assert verdict.group is not Group.DEAD
        assert verdict.reason is not Reason.REFUSED
    else:
        assert verdict.reason in reasons
