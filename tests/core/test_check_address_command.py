"""`retour check-address`: one line in, one line out, whatever the bytes."""

import json
import subprocess
import sys

import pytest

KEYS = ["address", "normalised", "rfc", "practical", "reasons", "suggestion", "odds"]


def run(*words: str, given: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "retour", "check-address", *words], input=given, capture_output=True
    )


def test_each_line_is_one_object_of_the_contract() -> None:
    ended = run(
        "--json", given=b'ann@shop.de\nann@gmial.com\r\n\n"a b"@x.de\n\xff\xfe@x.de\nM\xc3\xbcller@x.de'
    )
    lines = ended.stdout.splitlines()
    assert (ended.returncode, ended.stderr, len(lines)) == (0, b"", 6)
    told = [json.loads(line) for line in lines]
    assert all(list(each) == KEYS for each in told)
    assert all(line.isascii() for line in lines)
    assert told[0] == {
        "address": "ann@shop.de",
        "normalised": "ann@shop.de",
        "rfc": "valid",
        "practical": "send",
        "reasons": [],
        "suggestion": None,
        "odds": None,
    }
    assert [each["practical"] for each in told] == ["send", "warn", "reject", "warn", "reject", "send"]
    assert (told[1]["suggestion"], "squat" in told[1]["reasons"]) == ("ann@gmail.com", True)
    assert told[5]["reasons"] == ["needs_smtputf8"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["look at it first", "Did you mean ann@gmail.com?"]),
        ("de", ["erst ansehen", "Gemeint war vielleicht"]),
    ],
)
def test_a_person_reads_it_in_words(language: str, words: list[str]) -> None:
    ended = run("--lang", language, given=b"ann@gmial.com\nann@shop.de.\n\x1b[31m@shop.de\n")
    assert ended.returncode == 0
    told = ended.stdout.decode()
    assert all(each in told for each in words)
    assert "\x1b" not in told


def test_what_the_caller_knows_is_meant() -> None:
    plain = json.loads(run("--json", given=b"ann@exmaple.com").stdout)
    told = json.loads(run("--json", "--known", "example.com", given=b"ann@exmaple.com").stdout)
    assert (plain["suggestion"], told["suggestion"]) == (None, "ann@example.com")


def test_an_answer_comes_before_the_next_question() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "retour", "check-address", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for address in ("ann@shop.de", "ben@shop.de"):
            process.stdin.write(f"{address}\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["address"] == address


def test_a_language_that_there_is_not_ends_with_status_two() -> None:
    ended = run("--lang", "fr", given=b"ann@shop.de")
    assert ended.returncode == 2
    assert b"fr" in ended.stderr
