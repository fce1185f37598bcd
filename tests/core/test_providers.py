"""Bodies of providers' webhooks: each of tests/samples/providers is read as its expectation says."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from retour.cli import app
from retour.flow.webhooks import explained_body
from retour.lifecycle import preset
from retour.model import Kind
from retour.parse.providers import PROVIDERS, bodies, registry
from retour.parse.providers.generic import Map, map_of
from retour.parse.providers.registry import read_body

SAMPLES = sorted((Path(__file__).parents[1] / "samples" / "providers").glob("*[!l]"))  # .json, .csv
HOSTILE = (
    b"",
    b"\xff\xfe",
    b"not json",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"null",
    b"1e999",
    b"NaN",
    b"[[[]]]",
    b'"\\ud800"',
    b"--x\r\n",
    b"a=" + b"%ff" * 1000,
    b"&".join(b"a%d=1" % n for n in range(2000)),
)


def explained(provider: str, raw: bytes) -> dict[str, Any]:
    return dict(explained_body("body", provider, raw, preset("default")))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_read_as_expected(sample: Path) -> None:
    expected = tomllib.loads(sample.with_suffix("").with_suffix(".expected.toml").read_text("utf-8"))
    found = explained(expected.pop("provider"), sample.read_bytes())
    reports = expected.pop("reports", [])
    assert {key: found[key] for key in expected} == expected
    assert [
        {key: told[key] for key in each} for told, each in zip(found["reports"], reports, strict=True)
    ] == (reports)


def test_every_provider_has_a_sample() -> None:
    assert tuple(registry.READERS) == PROVIDERS
    assert {sample.stem.partition("-")[0] for sample in SAMPLES} == set(PROVIDERS)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_whatever_comes_is_an_object_with_a_defect(provider: str) -> None:
    for raw in HOSTILE:
        found = explained(provider, raw)
        assert (found["kind"], found["reports"]) == ("other", [])
        assert found["defects"]
        json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_values_of_a_wrong_type_are_no_exception(provider: str) -> None:
    """Each value of each sample in turn is something else."""
    for sample in SAMPLES:
        if sample.stem.partition("-")[0] != provider:
            continue
        for other in (None, 7, -1e300, True, [], {}, [[7]], {"a": {}}, "x", "\ud800"):
            for raw in broken(sample.read_bytes(), other):
                found = explained(provider, raw)
                json.dumps(found, allow_nan=False).encode("utf-8")
                assert found["kind"] in set(Kind)
                assert all(report["kind"] in set(Kind) for report in found["reports"])


def broken(raw: bytes, other: object) -> list[bytes]:
    """The body with each of its values replaced by another."""
    try:
        whole = json.loads(raw)
    except ValueError:
        return []
    changed: list[bytes] = []

    def walk(node: Any) -> None:
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            kept, node[key] = node[key], other
            changed.append(json.dumps(whole).encode())
            node[key] = kept
            if isinstance(kept, dict | list):
                walk(kept)

    walk(whole)
    return changed


def test_a_batch_is_bounded_and_says_so() -> None:
    batch = [
        {"event": "open", "email": "a@b.example", "sg_event_id": str(n)} for n in range(bodies.EVENTS + 1)
    ]
    found = explained("sendgrid", json.dumps(batch).encode())
    assert (len(found["reports"]), found["defects"]) == (bodies.EVENTS, ["too_many_events"])


def test_the_command_reads_one_body_a_file(tmp_path: Path) -> None:
    body = {"event": "dropped", "email": "a@b.example", "sg_event_id": "1"}
    for number in (1, 2):
        (tmp_path / f"{number}.json").write_text(json.dumps([body]))
    result = CliRunner().invoke(app, ["explain", "--as", "sendgrid", "--json", str(tmp_path)])
    lines = [json.loads(each) for each in result.stdout.splitlines()]
    assert [(each["kind"], len(each["reports"])) for each in lines] == [("suppressed", 1)] * 2


def test_a_provider_that_there_is_not_is_told_with_those_that_there_are() -> None:
    result = CliRunner().invoke(app, ["explain", "--as", "pigeon", "--json", "-"])
    assert result.exit_code == 2
    assert "sendgrid" in result.output


MAPPING = """
events = "batch[*]"
time = "seconds"
[fields]
kind = "what"
recipient = "to[0].address"
time = "at"
diagnostic = "said"
tags = "labels[*].name"
[kinds]
failed = "bounce"
"""
MAPPED = {
    "batch": [
        {
            "what": "failed",
            "to": [{"address": "a@b.example"}],
            "at": 1772355600,
            "said": "552 5.2.2 mailbox full",
            "labels": [{"name": "x"}, {"name": "y"}],
        },
        {"what": "unheard", "to": []},
    ]
}


def mapped(folder: Path, mapping: str) -> Result:
    (folder / "map.toml").write_text(mapping)
    (folder / "body.json").write_text(json.dumps(MAPPED))
    arguments = ["explain", "--as", "generic", "--mapping", str(folder / "map.toml"), "--json"]
    return CliRunner().invoke(app, [*arguments, str(folder / "body.json")])


def test_a_mapping_says_where_the_fields_stand(tmp_path: Path) -> None:
    first, second = json.loads(mapped(tmp_path, MAPPING).stdout)["reports"]
    assert (first["kind"], first["reason"], first["recipient"]) == ("bounce", "mailbox_full", "a@b.example")
    assert (first["time"], first["tags"]) == ("2026-03-01T09:00:00Z", ["x", "y"])
    assert (second["kind"], second["recipient"]) == ("other", None)


@pytest.mark.parametrize(
    ("path", "to", "recipient", "ambiguous"),
    [
        ("to", "ann@b.example", "ann@b.example", False),
        ("to", ["ann@b.example"], "ann@b.example", False),
        ("to[*].address", [{"address": "ann@b.example"}], "ann@b.example", False),
        ("to", ["ann@b.example", "bea@b.example"], None, True),
        ("to[*].address", [{"address": "ann@b.example"}, {"address": "bea@b.example"}], None, True),
        ("to[0]", ["ann@b.example", "bea@b.example"], "ann@b.example", False),
        ("to", ["ann@b.example", "ann@b.example"], "ann@b.example", False),
        ("to", [], None, False),
    ],
)
@pytest.mark.parametrize("events", ["batch", "batch[*]"])
def test_which_of_several_recipients_is_meant_is_not_guessed(
    events: str, path: str, to: object, recipient: str | None, ambiguous: bool
) -> None:
    mapping = map_of(f'events = "{events}"\n[fields]\nkind = "what"\nrecipient = "{path}"')
    assert isinstance(mapping, Map)
    raw = json.dumps({"batch": [{"what": "bounce", "to": to}]}).encode()
    (told,) = read_body("generic", raw, mapping).told
    assert (told.report.kind, told.report.recipient, told.ambiguous) == (Kind.BOUNCE, recipient, ambiguous)


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ("= 1", "TOML"),
        ("fields = 1", "fields"),
        ("speed = 1", "speed"),
        ('[fields]\nkind = "a"', "fields.recipient"),
        ('[fields]\nkind = "a..b"\nrecipient = "c"', "kind"),
        ('[fields]\nkind = "a"\nrecipient = "c"\n[kinds]\nx = "y"', "kinds.x"),
        ('time = "noon"\n[fields]\nkind = "a"\nrecipient = "c"', "milliseconds"),
        ('time = []\n[fields]\nkind = "a"\nrecipient = "c"', "milliseconds"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_told(tmp_path: Path, mapping: str, told: str) -> None:
    result = mapped(tmp_path, mapping)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


TOO_DEEP = b'{"event": "open", "x": ' + b"[" * bodies.DEPTH + b"]" * bodies.DEPTH + b"}"
TOO_LONG = json.dumps({"event": "open", "reason": "x" * (bodies.LONGEST + 1)}).encode()
TOO_WIDE = json.dumps({"event": "open"} | {f"k{n}": n for n in range(bodies.KEYS)}).encode()
TOO_MUCH = b"[" + b"[]," * bodies.VALUES + b"[]]"


@pytest.mark.parametrize("raw", [TOO_DEEP, TOO_LONG, TOO_WIDE], ids=["deep", "long", "wide"])
def test_json_beyond_the_limits_is_a_defect(raw: bytes) -> None:
    assert explained("sendgrid", raw)["defects"] == ["too_complex"]
    lines = b'{"type": "Bounce", "id": "1", "recipient": "a@b.example"}\n' + raw
    found = explained("kumomta", lines)
    assert (found["defects"], len(found["reports"])) == (["too_complex"], 1)


def test_more_values_than_memory_is_meant_for_are_not_even_read() -> None:
    assert explained("sendgrid", TOO_MUCH)["defects"] == ["too_complex"]


def test_json_within_the_limits_is_read() -> None:
    deep = b'{"event": "open", "x": ' + b"[" * (bodies.DEPTH - 1) + b"]" * (bodies.DEPTH - 1) + b"}"
    long = json.dumps({"event": "open", "reason": "x" * bodies.LONGEST}).encode()
    for raw in (deep, long):
        assert (explained("sendgrid", raw)["defects"], len(explained("sendgrid", raw)["reports"])) == ([], 1)


def test_lines_beyond_the_most_are_not_lost_unseen() -> None:
    line = b'{"type": "Reception", "id": "1", "recipient": "a@b.example"}\n'
    assert explained("kumomta", line * bodies.EVENTS)["defects"] == []
    found = explained("kumomta", line * (bodies.EVENTS + 1))
    assert (found["defects"], len(found["reports"])) == (["too_many_events"], bodies.EVENTS)
