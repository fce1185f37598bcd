"""Our own samples are read as their expectations say, in every line ending; cut anywhere they say no more."""

from io import BytesIO

import pytest

from core.samples import SAMPLES, Sample, differences
from retour.flow.judge import Judged, judge
from retour.inlets.mailboxes import in_stream
from retour.model import Group
from retour.parse import parse
from retour.parse.claims import claims_in


def through_mbox(raw: bytes) -> bytes:
    """The mail as it comes out of an mbox with CRLF (RFC 4155 §3)."""
    lines = [b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in raw.split(b"\n")]
    box = b"From MAILER-DAEMON Mon Mar  2 09:00:00 2026\r\n" + b"\r\n".join(lines)
    (found,) = in_stream(BytesIO(box), "box")
    return found.raw


FORMS = {
    "lf": lambda raw: raw,
    "crlf": lambda raw: raw.replace(b"\n", b"\r\n"),
    "cr": lambda raw: raw.replace(b"\n", b"\r"),
    "crcrlf": lambda raw: raw.replace(b"\n", b"\r\r\n"),
    "mbox": through_mbox,
}
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)


def test_there_are_samples() -> None:
    assert len(SAMPLES) >= 250
    assert sum(sample.is_provoked for sample in SAMPLES) >= 80


@pytest.mark.parametrize("form", FORMS)
@each_sample
def test_a_sample_is_read_as_expected(sample: Sample, form: str) -> None:
    if form == "cr" and b"\r" in sample.raw:  # nobody could tell its own CR from the ends of lines
        return
    wrong = differences(judge(FORMS[form](sample.raw)), sample.expected)
    assert {fact: each for fact, each in wrong.items() if fact not in sample.missed} == {}
    assert set(sample.missed) <= set(wrong), "mended: take it out of `missed`"


@each_sample
def test_line_endings_change_no_verdict(sample: Sample) -> None:
    assert summary(judge(FORMS["crlf"](sample.raw))) == summary(judge(sample.raw))


@each_sample
def test_a_cut_sample_is_read_without_an_error(sample: Sample) -> None:
    for size in range(0, len(sample.raw), 61):
        reading = parse(sample.raw[:size])
        assert reading.kind in type(reading.kind)


@each_sample
def test_a_cut_sample_declares_nobody_dead_whom_the_whole_does_not(sample: Sample) -> None:
    whole = judge(sample.raw)
    known = recipients(whole) | aliases(whole) | {None}
    for size in cuts(sample.raw):
        cut = judge(sample.raw[:size])
        nobody = set() if is_in_parts(sample.raw) else {None}  # a text may stop before its list of addresses
        assert dead(cut) <= nobody or dead(whole), f"cut at {size}"
        assert not is_in_parts(sample.raw) or recipients(cut) <= known, f"cut at {size}"


def is_in_parts(raw: bytes) -> bool:
    """Whether it can be seen of a mail that it was cut: its last delimiter is missing then."""
    return raw.rstrip().endswith(b"--") and b"boundary=" in raw


def cuts(raw: bytes) -> list[int]:
    """After the headers, before the last delimiter, in and behind each field of a report, and in between.

    A text alone is cut at ends of lines: half an address is a whole one to everybody. So is one in base64.
    """
    head = raw.find(b"\n\n") + 1
    places = {head, raw.rfind(b"\n--") + 1}
    anywhere = range(head, len(raw), max(1, len(raw) // 16))
    if b"base64" not in raw.lower():
        places |= {raw.find(b"\n", place) + 1 for place in anywhere}
    if is_in_parts(raw):
        for name in (b"\nFinal-Recipient:", b"\nStatus:", b"\nDiagnostic-Code:"):
            begin = raw.find(name)
            end = raw.find(b"\n", begin + 1)
            places |= {begin + 1, (begin + end) // 2, end - 4, end + 1}
        places |= {*anywhere}
    return sorted(place for place in places if place >= head)


def summary(judged: Judged) -> object:
    """All that anybody acts on."""
    said = zip(judged.reading.reports, judged.verdicts, strict=True)
    return judged.kind, [(report[:8], verdict) for report, verdict in said], judged.reading.original


def dead(judged: Judged) -> set[str | None]:
    """Who is declared dead."""
    said = zip(judged.reading.reports, judged.verdicts, strict=True)
    return {report.recipient for report, verdict in said if verdict.group is Group.DEAD}


def recipients(judged: Judged) -> set[str | None]:
    """Whom the reports are about."""
    return {report.recipient for report in judged.reading.reports}


def aliases(judged: Judged) -> set[str | None]:
    """The other names of those, in the fields or in the words of people."""
    fields = {
        name for each in judged.reading.reports for name in (each.original_recipient, each.final_recipient)
    }
    words = judged.reading.text
    return fields | {claim.recipient for claim in claims_in(words, words.lower())}
