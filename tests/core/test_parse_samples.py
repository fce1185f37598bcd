"""Our own samples are read as their expectations say, in every line ending; cut anywhere they say no more."""

from io import BytesIO

import pytest

from core.samples import SAMPLES, Sample, told
from retour.flow.judge import Judged, judge
from retour.inlets.mailboxes import in_stream
from retour.parse import parse


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
    assert told(judge(FORMS[form](sample.raw)), sample.expected) == sample.expected


@each_sample
def test_line_endings_change_no_verdict(sample: Sample) -> None:
    assert summary(judge(FORMS["crlf"](sample.raw))) == summary(judge(sample.raw))


@each_sample
def test_a_cut_sample_is_read_without_an_error(sample: Sample) -> None:
    for size in range(0, len(sample.raw), 61):
        reading = parse(sample.raw[:size])
        assert reading.kind in type(reading.kind)


def summary(judged: Judged) -> object:
    """All that anybody acts on."""
    said = zip(judged.reading.reports, judged.verdicts, strict=True)
    return judged.kind, [(report[:8], verdict) for report, verdict in said], judged.reading.original
