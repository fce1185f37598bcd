"""Every target holds for its seeds and its finds, and for mails that are built to be misread."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz.mails import MAILS, TEXTS, encoded_words
from tests.fuzz.seeds import HERE, finds, seeds
from tests.fuzz.targets import TARGETS, fuzz_encoded, fuzz_judge, fuzz_mime, fuzz_parse, fuzz_reply

from retour.flow.judge import judge, judge_reply
from retour.mime.encoded import decode_text
from retour.model import READ_BY_RULE, Kind
from retour.parse import parse


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_holds_for_its_seeds(target: str) -> None:
    given = list(seeds(target))
    assert given
    for seed in given:
        TARGETS[target](seed)
        TARGETS[target](seed[: len(seed) // 2])


FINDS = [(target, file) for target in TARGETS for file in finds(target)]


@pytest.mark.parametrize(("target", "find"), FINDS, ids=lambda value: getattr(value, "name", value))
def test_what_once_broke_a_target_is_read(target: str, find: Path) -> None:
    found = find.read_bytes()
    assert found
    TARGETS[target](found)


def test_every_find_belongs_to_a_target() -> None:
    assert {folder.name for folder in (HERE / "finds").iterdir()} <= set(TARGETS)


@given(MAILS)
def test_mails_that_are_built_to_be_misread_are_judged(raw: bytes) -> None:
    fuzz_mime(raw)
    fuzz_judge(raw)
    judged = judge(raw)
    assert judged.reading == parse(raw) or READ_BY_RULE in judged.reading.defects
    assert len(judged.verdicts) == len(judged.reading.reports)
    assert all(0 <= verdict.confidence <= 1 for verdict in judged.verdicts)


@given(MAILS, st.data())
def test_they_are_read_the_same_in_both_line_endings_and_cut(raw: bytes, data: st.DataObject) -> None:
    in_lf = raw.replace(b"\r", b"")
    fuzz_parse(in_lf)
    assert parse(in_lf.replace(b"\n", b"\r\n")) == parse(in_lf)
    cut = raw[: data.draw(st.integers(0, len(raw)))]
    fuzz_parse(cut)
    assert len(parse(cut).reports) <= 100


@given(st.one_of(TEXTS, st.text(max_size=300)))
def test_any_reply_is_judged_and_shown(text: str) -> None:
    fuzz_reply(text.encode())
    _, verdict = judge_reply(text)
    assert verdict.kind in Kind
    assert 0 <= verdict.confidence <= 1


@given(
    st.one_of(encoded_words(), st.binary(max_size=300)),
    st.sampled_from(["utf-8", "iso-2022-jp", "hz", "utf-7", "\0"]),
)
def test_anything_encoded_is_text(data: bytes, charset: str) -> None:
    fuzz_encoded(charset.encode() + b"\n" + data)
    assert decode_text(data, charset).encode("utf-8").decode("utf-8") == decode_text(data, charset)
