"""`retour explain`, `retour classify` and `retour rules`, as a shell runs them."""

import json
import os
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from retour.classify import packaged
from retour.cli import app
from retour.cli.messages import UNREADABLE
from retour.cli.plain import read
from retour.cli.terminal import safe
from retour.cli.wording import meaning_of
from retour.codes import STATUS_NAMES
from retour.mime import limits
from retour.model import Kind, Reason
from retour.parse import bounds
from retour.texts import LANGUAGES, catalogue

RETOUR = (sys.executable, "-m", "retour")
BOUNCE = (
    "From: MAILER-DAEMON@mx.example\nSubject: Mail delivery failed\nX-Failed-Recipients: {recipient}\n"
    "Auto-Submitted: auto-replied\n\n"
    "A message that you sent could not be delivered. The following address(es) failed:\n\n"
    "  {recipient}\n    550 5.1.1 {words}\n"
)


def bounce(recipient: str = "a@b.example", words: str = "user unknown") -> str:
    return BOUNCE.format(recipient=recipient, words=words)


def run(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(app, arguments, input=stdin)


def objects(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_one_line_of_ascii_a_message_in_the_order_of_the_paths(tmp_path: Path) -> None:
    (tmp_path / "2.eml").write_text(bounce("b@b.example", "Empfänger unbekannt"))
    (tmp_path / "1.eml").write_text(bounce("a@b.example"))
    result = run("explain", "--json", str(tmp_path / "2.eml"), str(tmp_path / "1.eml"))
    assert result.exit_code == 0
    assert result.stdout.isascii()
    assert [Path(str(o["source"])).name for o in objects(result)] == ["2.eml", "1.eml"]


def test_a_directory_gives_its_files_by_name(tmp_path: Path) -> None:
    for name in ("b", "a", "c/d"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(bounce())
    sources = [str(o["source"]) for o in objects(run("explain", "--json", str(tmp_path)))]
    assert [str(Path(source).relative_to(tmp_path)) for source in sources] == ["a", "b", "c/d"]


def test_a_maildir_gives_what_was_delivered(tmp_path: Path) -> None:
    for part in ("cur", "new", "tmp"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "1").write_text(bounce())
    sources = [str(o["source"]) for o in objects(run("explain", "--json", str(tmp_path)))]
    assert [Path(source).parent.name for source in sources] == ["cur", "new"]


def test_an_mbox_gives_one_object_a_message(tmp_path: Path) -> None:
    line = "From MAILER-DAEMON Sun Mar  1 09:00:00 2026\n"
    quoted = bounce(words="user unknown\n\nFrom here on nothing is a separator")
    (tmp_path / "box").write_text(f"{line}{quoted}\n{line}{bounce('c@b.example')}")
    found = objects(run("explain", "--json", str(tmp_path / "box")))
    assert [o["reports"][0]["recipient"] for o in found] == ["a@b.example", "c@b.example"]


def test_standard_input_is_a_message() -> None:
    (found,) = objects(run("explain", "--json", "-", stdin=bounce()))
    assert (found["source"], found["kind"]) == ("-", "bounce")


@pytest.mark.parametrize("content", [b"", b"\x00\xff\x1b", b"no message\n", b"\n\n\n"])
def test_what_is_no_message_is_other_with_a_defect(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    result = run("explain", "--json", str(tmp_path / "x"))
    (found,) = objects(result)
    assert (result.exit_code, found["kind"], found["reports"]) == (0, "other", [])
    assert found["defects"]


def test_a_message_beyond_the_limit_is_read_up_to_it(tmp_path: Path) -> None:
    (tmp_path / "big").write_text(bounce() + "x" * (1 << 20))
    (found,) = objects(run("explain", "--json", str(tmp_path / "big")))
    assert (found["kind"], found["defects"]) == ("bounce", ["truncated"])


def test_a_missing_path_is_status_2_and_the_others_are_still_explained(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_text(bounce())
    result = run("explain", "--json", str(tmp_path / "gone"), str(tmp_path / "1.eml"))
    assert (result.exit_code, len(objects(result))) == (2, 1)
    assert "does not exist" in result.stderr


def test_the_preset_decides_the_type(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_text(bounce(words="spam detected"))
    for preset, type_ in (("default", "block"), ("kwiga", "soft")):
        (found,) = objects(run("explain", "--json", "--preset", preset, str(tmp_path / "1.eml")))
        assert found["reports"][0]["type"] == type_


@pytest.mark.parametrize(("option", "value"), [("--preset", "none"), ("--lang", "xx")])
def test_an_unknown_choice_is_named_with_those_there_are(option: str, value: str) -> None:
    result = run("explain", option, value, "-")
    assert result.exit_code == 2
    assert value in result.stderr


@pytest.mark.parametrize(("lang", "words"), [("en", "no such mailbox"), ("de", "Dieses Postfach")])
def test_a_person_is_told_what_happened_on_what_evidence_and_what_to_do(lang: str, words: str) -> None:
    shown = run("explain", "--lang", lang, "-", stdin=bounce()).stdout
    say = catalogue(lang)
    assert words in shown
    assert "code.1.1" in shown
    assert say("reason.address_unknown.advice") in shown
    assert say("code.1-1") in shown
    assert say("party.recipient") in shown


def test_every_sort_of_conflict_is_told() -> None:
    samples = Path(__file__).parents[1] / "samples" / "mails"
    shown = run("explain", str(samples)).stdout
    assert all(
        catalogue("en")(f"line.conflict_{sort}", words="|", what="").split("|")[0] in shown
        for sort in ("status", "text", "other")
    )


def test_replies_give_one_object_a_line() -> None:
    found = objects(
        run("classify", "--json", stdin="550 5.1.1 user unknown\n\n452 4.2.2 over\\n452 4.2.2 quota\n")
    )
    assert [o["reason"] for o in found] == ["address_unknown", "undetermined", "mailbox_full"]


def test_replies_of_any_bytes_are_answered() -> None:
    result = run("classify", "--json", stdin=b"550 \xff\xfe\x00\x1b[2J\n")
    assert (result.exit_code, len(objects(result))) == (0, 1)


def test_a_line_without_end_is_one_reply() -> None:
    replies = "550 user unknown " + "x" * 300_000 + "\n452 mailbox full"
    found = objects(run("classify", "--json", stdin=replies))
    assert [o["reason"] for o in found] == ["address_unknown", "mailbox_full"]


def test_hostile_text_cannot_command_a_terminal() -> None:
    words = "user unknown \x1b[2J\x9b31m \u202ereversed \u2028line"
    shown = run("explain", "-", stdin=bounce(words=words)).stdout
    assert not {"\x1b", "\x9b", "\u202e", "\u2028"} & set(shown)
    assert safe("a\x1b\u202e\U000e0001b") == "a\\x1b\\u202e\\U000e0001b"
    assert safe("Grüße, 日本") == "Grüße, 日本"


TOPICS = sorted(
    file.name.removesuffix("en.toml")
    for file in resources.files("retour.texts").iterdir()
    if file.name.endswith("en.toml")
)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("topic", TOPICS)
def test_every_language_has_the_same_texts(topic: str, lang: str) -> None:
    assert catalogue(f"{topic}{lang}").keys == catalogue(f"{topic}en").keys


def test_there_are_texts_of_several_topics() -> None:
    assert {"", "rules."} < set(TOPICS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_and_kind_has_its_texts(lang: str) -> None:
    say = catalogue(lang)
    for reason in Reason:
        assert all(say(f"reason.{reason}.{part}") for part in ("what", "advice"))
        assert say(f"who.{say(f'reason.{reason}.who')}")
    assert all(say(f"kind.{kind}") for kind in Kind)


def test_rules_can_be_listed_shown_and_tried() -> None:
    assert len(run("rules", "list").stdout.splitlines()) == len(packaged().rules)
    none = run("rules", "list", "--reason", "mailbox_fool", "--lang", "de")
    assert (none.exit_code, none.stdout) == (2, "")
    assert "Keine Regel steht für diese Ursache" in none.stderr
    assert "RFC 3463" in run("rules", "show", "code.1.1").stdout
    assert run("rules", "show", "code.none").exit_code == 2
    tried = run("rules", "test", "550 5.7.1 user unknown").stdout
    assert "address_unknown" in tried
    assert "code.7.0" in tried
    assert run("rules", "test").exit_code == 0


def test_the_packaged_rules_have_no_faults() -> None:
    assert run("rules", "lint").stdout == "no faults\n"


SOUND = "id = 'x'\nreason = 'refused'\nsource = 's'\nsamples = ['s']\n"


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("id = 'x'", "source is missing"),
        ("id = 'x'\nsource = 's'\nsamples = 's'", "no list of texts"),
        ("id = 'x'\nsource = 1\nsamples = ['s']", "no text"),
        (SOUND + "codes = ['550']\nconfidence = 2", "no confidence"),
        (SOUND + "codes = ['550']\ncolour = 'red'", "no key colour"),
        ("id = 'x'\nsource = 's'\nsamples = ['s']", "neither phrases nor codes"),
        ("id = 'x'\nsource = 's'\nsamples = ['s']\ncodes = ['5.1.1']", "says no reason"),
        (SOUND.replace("refused", "gone") + "codes = ['550']", "reason cannot be gone"),
        (SOUND + "codes = ['5-1']", "is no code"),
        (SOUND + "phrases = ['User']", "can never match"),
        (SOUND + "phrases = ['no']", "so short"),
        (SOUND + "phrases = ['* away']", "words on both"),
        (SOUND + "phrases = ['a * b * c * d * e']", "more than three"),
        (SOUND + "phrases = ['gone', 'gone now']", "no more"),
        (
            SOUND.replace("refused", "address_unknown") + "weight = 'faint'\nphrases = ['gone']",
            "whole phrases",
        ),
        ("id = ", "not TOML"),
    ],
)
def test_a_faulty_rule_is_named_with_its_remedy(tmp_path: Path, rule: str, fault: str) -> None:
    (tmp_path / "mine.toml").write_text(f"[[rule]]\n{rule}\n")
    result = run("rules", "lint", str(tmp_path / "mine.toml"))
    assert result.exit_code == 1
    assert fault in result.stderr
    assert "mine.toml" in result.stderr
    assert "rule :" not in result.stderr
    german = run("rules", "lint", "--lang", "de", str(tmp_path / "mine.toml")).stderr
    assert "Regel" in german
    assert german != result.stderr


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("[[rule]]\nid = x", "In Zeile 2 steht kein lesbarer Wert"),
        ('[[rule]]\nid = "x', "Ein Text in Zeile 2 hat kein Ende"),
        ('[[rule]]\nphrases = ["x"', "Bis Zeile 2 ist eine Klammer offen; schließen Sie sie mit ] oder }"),
        ("[[rule]]\nid = 'x'\nid = 'y'", "Zeile 3 oder die davor sagt noch einmal"),
        ("[[rule]]\nid 'x'", "Zeile 2 lässt sich nicht lesen"),
    ],
)
def test_what_is_no_toml_is_told_in_the_language_of_the_reader(
    tmp_path: Path, written: str, told: str
) -> None:
    (tmp_path / "mine.toml").write_text(written)
    said = " ".join(run("rules", "lint", "--lang", "de", str(tmp_path / "mine.toml")).stderr.split())
    assert told in said
    assert not {"Invalid", "Expected", "Unterminated", "Unclosed", "Cannot"} & set(said.split())


def test_a_file_of_rules_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = run("rules", "lint", str(tmp_path / "gone.toml"))
    assert result.exit_code == 1
    assert "cannot be read" in result.stderr


@pytest.mark.parametrize("text", ["rule = 1", "[provider]\nname = 'x'", "provider = 'x'", "[[rule]]\nid = 3"])
def test_a_file_of_another_form_is_a_fault_and_no_crash(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    assert run("rules", "lint", str(tmp_path / "mine.toml")).exit_code == 1


def retour(
    *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """As a shell runs it: a process of its own, in the short way where that is enough."""
    return subprocess.run(
        [*RETOUR, *arguments], input=stdin, capture_output=True, env={**os.environ, **(env or {})}
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "--json", "-"],
        ["explain", "--json", "--preset", "kwiga", "--lang=de", "--", "-"],
        ["explain", "-"],
        ["explain", "--files-from", "-"],
        ["classify", "--json"],
        ["classify", "--lang", "de"],
    ],
    ids=" ".join,
)
def test_the_short_way_says_what_the_long_one_says(arguments: list[str]) -> None:
    assert read(arguments[1:]) is not None
    short, long = retour(*arguments, stdin=bounce().encode()), run(*arguments, stdin=bounce())
    assert short.stdout.decode() == long.stdout
    assert (short.returncode, short.stderr.decode()) == (long.exit_code, long.stderr)
    assert long.output


@pytest.mark.parametrize(
    "words",
    [["--help"], ["-x"], ["--preset"], ["--preset", ""], ["--jsonx"], ["x", "--lang="], ["--json=1"]],
    ids=" ".join,
)
def test_what_is_not_plain_is_left_to_the_long_way(words: list[str]) -> None:
    assert read(words) is None


@pytest.mark.parametrize(
    "arguments", [["explain", "--preset", "none", "-"], ["explain", "--lang", "xx", "-"], ["explain"]]
)
def test_a_mistake_is_told_by_the_long_way(arguments: list[str]) -> None:
    told = retour(*arguments)
    assert (told.returncode, told.stdout) == (2, b"")
    assert b" explain [OPTIONS]" in told.stderr


def test_the_short_way_loads_no_command_line_library() -> None:
    program = (
        "import sys; sys.argv = ['retour', 'explain', '--json', '-']\n"
        "from retour.cli import main\n"
        "try: main()\n"
        "finally: sys.stderr.write(' '.join({'typer', 'rich', 'pydantic', '_hashlib'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", program], input=bounce().encode(), capture_output=True)
    assert (told.returncode, told.stderr) == (0, b"")


def test_each_mail_is_answered_before_the_next_one_comes() -> None:
    line = b"From MAILER-DAEMON Sun Mar  1 09:00:00 2026\n"
    with subprocess.Popen(
        [*RETOUR, "explain", "--json", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(line + bounce("a@b.example").encode() + b"\n" + line)
        child.stdin.flush()
        assert json.loads(child.stdout.readline())["reports"][0]["recipient"] == "a@b.example"
        child.stdin.write(bounce("c@b.example").encode())
        child.stdin.close()
        assert json.loads(child.stdout.readline())["reports"][0]["recipient"] == "c@b.example"
    assert child.returncode == 0


def test_a_reader_that_goes_away_ends_it_without_a_word(tmp_path: Path) -> None:
    paths = [str(tmp_path / "1.eml")] * 2000
    (tmp_path / "1.eml").write_text(bounce())
    with subprocess.Popen(
        [*RETOUR, "explain", "--json", *paths], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 141


def test_what_cannot_be_read_is_named_and_the_others_are_judged(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.eml").write_text(bounce())
    (tmp_path / "a" / "2.eml").symlink_to("nowhere")
    (tmp_path / "a" / "3.eml").symlink_to("/proc/self/mem")  # what nobody may read, not even root
    (tmp_path / "a" / "4.eml").write_text(bounce())
    (tmp_path / "a" / "5").symlink_to(tmp_path)
    result = run("explain", "--json", str(tmp_path / "a"), "x" * 5000)
    assert result.exit_code == 2
    assert [(o["kind"], o["defects"]) for o in objects(result)] == [
        ("bounce", []),
        ("other", ["unreadable", "no_headers"]),
        ("bounce", []),
    ]
    said = result.stderr.splitlines()
    assert "2.eml does not exist" in said[0]
    assert "3.eml could not be read: Input/output error" in said[1]
    assert "5 is a link to a directory" in said[2]
    assert "could not be read: File name too long" in said[3]


def test_a_file_that_cannot_be_read_is_an_object_and_no_failure() -> None:
    result = run("explain", "--json", "/proc/self/mem")
    assert (result.exit_code, objects(result)[0]["defects"]) == (0, ["unreadable", "no_headers"])
    assert "/proc/self/mem could not be read" in result.stderr


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_defect_is_told_in_words(lang: str) -> None:
    named = {
        value for module in (limits, bounds) for value in vars(module).values() if isinstance(value, str)
    }
    defects = {name for name in named if re.fullmatch(r"[a-z]+(_[a-z]+)*", name)}
    assert {"truncated", "bad_address", "too_many_recipients"} <= defects
    assert not {name for name in defects | {UNREADABLE} if f"defect.{name}" not in catalogue(lang)}


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        ("rules list >/dev/full", 74, b"retour: [Errno 28] No space left on device\n"),
        ("rules test >/dev/full", 74, b"retour: [Errno 28] No space left on device\n"),
        ('ingest --data "$0" - <&-', 0, b"is a new data directory\n"),
    ],
)
def test_other_commands_end_with_a_reason_too(tmp_path: Path, command: str, status: int, said: bytes) -> None:
    told = subprocess.run(
        ["sh", "-c", f'"$@" {command}', str(tmp_path / "data"), *RETOUR], stderr=subprocess.PIPE
    )
    assert (told.returncode, told.stderr.count(b"\n")) == (status, 1)
    assert told.stderr.endswith(said)


def test_an_empty_name_is_no_path() -> None:
    assert (run("explain", "").exit_code, run("explain", "").stdout) == (2, "")


@pytest.mark.parametrize(
    ("redirections", "status", "said"),
    [
        ("<&-", 0, b""),
        (">&-", 74, b"could not be passed on: Bad file descriptor"),
        (">/dev/full", 74, b"could not be passed on: No space left on device"),
        ("2>&-", 2, b""),
    ],
)
def test_closed_and_full_files_end_it_with_a_reason(
    tmp_path: Path, redirections: str, status: int, said: bytes
) -> None:
    (tmp_path / "1.eml").write_text(bounce())
    path = tmp_path / ("gone" if "2>" in redirections else "1.eml")
    shell = ["sh", "-c", f'"$@" {redirections}', "sh", *RETOUR]
    told = subprocess.run([*shell, "explain", "--json", str(path)], stderr=subprocess.PIPE)
    assert (told.returncode, told.stderr.count(b"\n")) == (status, 1 if said else 0)
    assert said in told.stderr
    assert subprocess.run([*shell, "classify"], input=b"550 no\n").returncode == (status if said else 0)


def test_a_list_of_files_is_followed_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_text(bounce())
    (tmp_path / "list").write_text(f"{tmp_path}/1.eml\r\n\n{tmp_path}/gone\n{tmp_path}/1.eml")
    result = run("explain", "--json", "--files-from", str(tmp_path / "list"))
    assert (result.exit_code, len(objects(result))) == (2, 2)
    assert "gone does not exist" in result.stderr
    assert (
        run("explain", "--files-from", str(tmp_path)).stderr.count("could not be read: Is a directory") == 1
    )
    assert "none does not exist" in run("explain", "--files-from", str(tmp_path / "none")).stderr


def test_a_terminal_of_few_letters_is_shown_the_others_escaped() -> None:
    mail = bounce(words="user unknown: Empfänger").encode()
    told = retour("explain", "-", stdin=mail, env={"PYTHONIOENCODING": "ascii"})
    assert (told.returncode, told.stderr) == (0, b"")
    assert b"\\xe4" in told.stdout


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_code_has_a_meaning(language: str) -> None:
    say = catalogue(language)
    assert [name for name in STATUS_NAMES if f"code.{name.replace('.', '-')}" not in say] == []
    assert all(f"code_subject.{subject}" in say for subject in range(8))
    for status in ("5.1.99", "4.0.7", "5.9.9", "5.7.515"):
        assert meaning_of(status, say)
    assert meaning_of("5.1.99", say) == say("code_subject.1")


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_reason_says_what_happened_who_must_act_and_what_to_do(language: str) -> None:
    say = catalogue(language)
    for reason in Reason:
        assert say(f"reason.{reason}.what").endswith(".")
        assert say(f"reason.{reason}.advice").endswith((".", "?"))
        assert f"who.{say(f'reason.{reason}.who')}" in say
