"""`retour simulate`: the committed scenarios, the contract of its JSON, its exit status, its words."""

import json
import re
import sys
from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from retour.cli import app
from retour.lifecycle import Counting
from retour.lifecycle.scenario import STEP_KEYS, Scenario, ScenarioError, read_scenario
from retour.lifecycle.simulate import simulate
from retour.texts import LANGUAGES, catalogue

SCENARIOS = sorted((Path(__file__).parents[1] / "samples" / "scenarios").glob("*.toml"))

KEYS = [
    *("step", "at", "event", "state", "cause", "since", "until", "soft", "hard", "block", "reasons"),
    *("reactivations", "decision", "decision_system"),
]

CONTRACT = """\
[policy]
preset = "emarsys"
soft_threshold = 3
[[step]]
at = 2026-03-01T09:00:00Z
event = "bounce"
reason = "mailbox_full"
expect = { state = "bouncing", soft = 1, decision = "send" }
[[step]]
at = 2026-03-09T00:00:00Z
event = "policy"
set = { soft_threshold = 1 }
expect = { state = "invalid", cause = "soft", since = 2026-03-09T00:00:00Z, decision = "stop" }
"""


def run(*arguments: str | Path, given: str = "") -> Result:
    return CliRunner().invoke(app, ["simulate", *map(str, arguments)], input=given)


# --- the scenarios -----------------------------------------------------------------------------------------


def test_there_are_scenarios() -> None:
    assert len(SCENARIOS) >= 50


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_holds(path: Path) -> None:
    played = list(simulate(read_scenario(path.read_bytes())))
    assert all(step.step.expect for step in played), "a step without expect shows nothing"
    assert {step.step.number: step.differences for step in played if step.differences} == {}


def test_all_scenarios_at_once_end_with_0() -> None:
    result = run("--json", *SCENARIOS)
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == len(SCENARIOS)


# --- the contract ------------------------------------------------------------------------------------------


def test_json_is_an_array_a_file_on_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(CONTRACT)
    result = run("--json", tmp_path / "a.toml", tmp_path / "a.toml")
    first, second = result.stdout.splitlines()
    steps = json.loads(first)
    assert (result.exit_code, result.stderr, first) == (0, "", second)
    assert [list(step) for step in steps] == [KEYS, KEYS]
    assert steps[0] == {
        "step": 1,
        "at": "2026-03-01T09:00:00Z",
        "event": "bounce",
        "state": "bouncing",
        "cause": None,
        "since": None,
        "until": None,
        "soft": 1,
        "hard": 0,
        "block": 0,
        "reasons": {},
        "reactivations": 0,
        "decision": "send",
        "decision_system": "send",
    }
    assert (steps[1]["since"], steps[1]["decision"]) == ("2026-03-09T00:00:00Z", "stop")


def test_steps_are_printed_in_the_order_played() -> None:
    steps = json.loads(run("--json", SCENARIOS[0].parent / "time-ties.toml").stdout)
    assert [step["step"] for step in steps] == [1, 9, 8, 6, 7, 5, 4, 3, 2]


def test_own_counters_are_there_from_the_start() -> None:
    given = '[[step]]\nat = 2026-01-01T00:00:00Z\nevent = "now"\n'
    (step,) = json.loads(run("--json", "-", given=given).stdout)
    assert step["reasons"] == {"sender_blocked": 0}  # message_too_large has 0: recorded only, no counter


@pytest.mark.parametrize(
    ("wrong", "difference"),
    [
        ("soft = 1", "step 1: soft should be 2 and is 1"),
        ('state = "bouncing"', "step 1: state should be valid and is bouncing"),
        ('cause = "soft"', "step 2: cause should be nothing and is soft"),
        (
            "since = 2026-03-09T00:00:00Z",
            "step 2: since should be 2026-03-08T22:00:00Z and is 2026-03-09T00:00:00Z",
        ),
    ],
)
def test_expectation_that_does_not_hold_ends_with_1(wrong: str, difference: str) -> None:
    instead = {
        "soft": "soft = 2",
        "state": 'state = "valid"',
        "cause": 'cause = "none"',
        "since": "since = 2026-03-09T00:00:00+02:00",
    }
    given = CONTRACT.replace(wrong, instead[wrong.split()[0]])
    told = run("-", given=given)
    assert (told.exit_code, difference in told.stdout) == (1, True)
    as_json = run("--json", "-", given=given)
    assert (as_json.exit_code, as_json.stderr) == (1, f"-: {difference}\n")
    assert len(json.loads(as_json.stdout)) == 2


def test_expected_moments_are_compared_as_moments() -> None:
    given = CONTRACT.replace("since = 2026-03-09T00:00:00Z", "since = 2026-03-09T02:00:00+02:00")
    assert run("-", given=given).exit_code == 0


# --- files that cannot be read --------------------------------------------------------------------------

STEP = "[[step]]\nat = 2026-01-01T00:00:00Z\n"


@pytest.mark.parametrize(
    ("file", "line", "key"),
    [
        ("", 1, "step"),
        ("[policy]\nsoft_threshold = 1\n", 1, "step"),
        ("title = 1\n" + STEP + 'event = "now"\n', 1, "title"),
        ("[policy]\n\nsoft_threshold = 51\n" + STEP, 3, "policy.soft_threshold"),
        ("[policy]\nsoft_threshold = true\n" + STEP, 2, "policy.soft_threshold"),
        ("[policy]\nsoft = 1\n" + STEP, 2, "policy.soft"),
        ('[policy]\npreset = "kwigga"\n' + STEP, 2, "policy.preset"),
        ('[policy]\n[policy.types]\n\nmailbox_fool = "soft"\n' + STEP, 4, "policy.types.mailbox_fool"),
        ('[policy]\nuncounted_codes = ["447"]\n' + STEP, 2, "policy.uncounted_codes"),
        ("[policy]\nwithin_days = 5\n" + STEP, 2, "policy.within_days"),
        (STEP, 1, "event"),
        (STEP + 'event = "bounced"\n', 3, "event"),
        (STEP + "event = 1\n", 3, "event"),
        (STEP + 'event = "now"\n' + STEP + 'event = "bounce"\nreason = "full"\n', 7, "reason"),
        (STEP + 'event = "bounce"\nstatus = "4.2"\n', 4, "status"),
        (STEP + 'event = "bounce"\nsend = []\n', 4, "send"),
        (STEP + 'event = "bounce"\ncolour = "red"\n', 4, "colour"),
        (STEP + 'event = "bounce"\nset = { soft_threshold = 1 }\n', 4, "set"),
        (STEP + 'event = "policy"\n', 1, "set"),
        (STEP + 'event = "policy"\nset = { soft_threshold = 0 }\n', 4, "set.soft_threshold"),
        (STEP + 'event = "policy"\n[step.set]\n\nsoft_threshold = 0\n', 6, "set.soft_threshold"),
        (STEP + 'event = "policy"\nset = 1\n', 4, "set"),
        (STEP + 'event = "incident_close"\n', 1, "outcome"),
        (STEP + 'event = "incident_close"\noutcome = "maybe"\n', 4, "outcome"),
        (STEP + 'event = "incident_open"\nfrom = 2026-01-01\n', 4, "from"),
        (STEP + 'event = "now"\nexpect = { stat = "valid" }\n', 4, "expect.stat"),
        (STEP + 'event = "now"\nexpect = { state = "fine" }\n', 4, "expect.state"),
        (STEP + 'event = "now"\nexpect = { soft = "1" }\n', 4, "expect.soft"),
        (STEP + 'event = "now"\nexpect = { reasons = { soft = 1 } }\n', 4, "expect.reasons.soft"),
        (STEP + 'event = "now"\n[step.expect]\nsoft = 0\nsince = 5\n', 6, "expect.since"),
        ('[[step]]\nevent = "now"\nat = 2026-01-01T00:00:00\n', 3, "at"),
        ('[[step]]\nevent = "now"\nat = "2026-01-01T00:00:00Z"\n', 3, "at"),
        ('[[step]]\nevent = "now"\nat = 0001-01-01T00:00:00+09:00\n', 3, "at"),
        ('step = [\n  { event = "now" },\n]\n', 1, "at"),
        (STEP + "event = now\n", 3, "event"),
        (STEP + 'event = "now"\nsent = 2026-01-01T00:00:00\n', 4, "sent"),
        (STEP + 'event = "restore"\nreason = 2026-01-01T00:00:00\n', 4, "reason"),
        ("[[step\n", 1, "step"),
        ("\n\nnumber = " + "9" * 5000, 3, "number"),
        ("deep = " + "[" * 5000, 1, "deep"),
    ],
)
def test_what_cannot_be_read_is_told_with_line_and_key(file: str, line: int, key: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        read_scenario(file.encode())
    assert (raised.value.line, raised.value.key) == (line, key)
    told = run("-", given=file)
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr.startswith(f"-: line {line}, {key}: ")
    assert run("--lang", "de", "-", given=file).stderr.startswith(f"-: Zeile {line}, {key}: ")


def test_a_file_of_other_bytes_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'[policy]\n# f\xfcr alle\npreset = "kwiga"\n')
    result = run(tmp_path / "latin.toml")
    assert (result.exit_code, "line 2" in result.stderr, "UTF-8" in result.stderr) == (2, True, True)


def test_a_byte_order_mark_and_crlf_are_read() -> None:
    played = simulate(read_scenario(b"\xef\xbb\xbf" + CONTRACT.replace("\n", "\r\n").encode()))
    assert [step.differences for step in played] == [{}, {}]


def test_a_file_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(CONTRACT.replace("soft = 1,", "soft = 2,"))
    result = run("--json", tmp_path / "missing.toml", tmp_path, tmp_path / "wrong.toml")
    assert result.exit_code == 2
    assert len(result.stdout.splitlines()) == 1
    assert "missing.toml: cannot be read" in result.stderr


@given(st.text(max_size=300), st.integers(0, len(CONTRACT)), st.integers(0, len(CONTRACT)))
def test_whatever_a_file_says_it_is_played_or_told(inserted: str, start: int, end: int) -> None:
    for file in (inserted, CONTRACT[:start] + inserted + CONTRACT[end:]):
        match read(file):
            case ScenarioError() as error:
                assert 1 <= error.line <= file.count("\n") + 1
                assert error.key
            case scenario:
                assert [set(step.shown) for step in simulate(scenario)] == [set(KEYS)] * len(scenario.steps)


def read(file: str) -> Scenario | ScenarioError:
    try:
        return read_scenario(file.encode("utf-8", "surrogatepass"))
    except ScenarioError as error:
        return error


VALUES = st.one_of(
    st.integers(-1, 60),
    st.sampled_from(["bounce", "policy", "none", "hard", "x", "4.4.7", [], {}, True, 1.5]),
    st.datetimes(timezones=st.one_of(st.none(), st.just(UTC))),
    st.dictionaries(st.sampled_from(["soft_threshold", "types", "soft", "since"]), st.integers(0, 3)),
)


@given(st.lists(st.dictionaries(st.sampled_from([*STEP_KEYS, "x"]), VALUES), max_size=3), VALUES)
def test_no_value_of_any_type_breaks_the_reading(steps: list[dict[str, object]], policy: object) -> None:
    lines = [f"policy = {toml(policy)}"]
    for step in steps:
        lines += ["[[step]]", "at = 2026-01-01T00:00:00Z" if "at" not in step else ""]
        lines += [f"{key} = {toml(value)}" for key, value in step.items()]
    match read("\n".join(lines)):
        case ScenarioError() as error:
            assert 1 <= error.line <= len(lines)
        case scenario:
            assert len(list(simulate(scenario))) == len(steps)


def toml(value: object) -> str:
    match value:
        case datetime():
            return value.isoformat()
        case dict():
            return "{" + ", ".join(f"{key} = {toml(entry)}" for key, entry in value.items()) + "}"
        case _:
            return json.dumps(value)


def test_a_language_without_texts_is_refused() -> None:
    assert run("--lang", "tlh", SCENARIOS[0]).exit_code == 2


# --- words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ["x invalid", "soft bounces since 2026-03-09 00:00", "all hold"]),
        ("de", ["x ungültig", "Soft Bounces seit 2026-03-09 00:00", "alle treffen zu"]),
    ],
)
def test_a_person_reads_a_table(lang: str, words: list[str]) -> None:
    told = run("--lang", lang, "-", given=CONTRACT).stdout
    assert [word for word in words if word not in told] == []


def test_due_reset_reactivations_and_own_counters_are_remarked() -> None:
    folder = SCENARIOS[0].parent
    told = run(folder / "reset-grows.toml", folder / "named-reason.toml").stdout
    for remark in ("reset due 2026-04-02 00:00", "reactivated 2 ×", "sender_blocked 3"):
        assert remark in told


def test_what_a_step_says_is_shown_setting_by_setting_and_in_utc() -> None:
    given = (
        STEP
        + 'event = "policy"\nset = { types = { mailbox_full = "block" }, soft_threshold = 2 }\n'
        + STEP
        + 'event = "bounce"\nreason = "mailbox_full"\nsent = 2025-12-31T01:00:00+02:00\n'
    )
    told = run("-", given=given).stdout
    assert "policy types.mailbox_full = block soft_threshold = 2" in told
    assert "bounce mailbox_full sent 2025-12-30T23:00:00Z" in told


def test_hostile_text_of_a_file_moves_no_terminal() -> None:
    given = STEP + 'event = "bounce"\nsend = "\\u001b[2Jx\\u202e"\n'
    told = run("-", given=given).stdout
    assert ("\x1b" in told, "\u202e" in told, "\\x1b[2Jx\\u202e" in told) == (False, False, True)


def test_both_languages_say_the_same_things() -> None:
    texts = [catalogue(f"simulate.{language}") for language in LANGUAGES]
    assert len({text.keys for text in texts}) == 1
    for key in texts[0].keys:
        assert len({frozenset(re.findall(r"{(\w+)}", text._texts[key])) for text in texts}) == 1, key


@pytest.mark.parametrize(
    ("lang", "given", "last"),
    [
        ("en", "", "1 step, 0 expectations, all hold."),
        ("en", "expect = { soft = 0 }\n", "1 step, 1 expectation, all hold."),
        ("de", "expect = { soft = 0 }\n", "1 Schritt, 1 Erwartung, alle treffen zu."),
        ("de", "expect = { soft = 0, hard = 0 }\n", "1 Schritt, 2 Erwartungen, alle treffen zu."),
    ],
)
def test_one_is_no_plural(lang: str, given: str, last: str) -> None:
    assert run("--lang", lang, "-", given=STEP + 'event = "now"\n' + given).stdout.splitlines()[-2] == last


@pytest.mark.parametrize("counting", Counting)
def test_the_work_grows_with_the_steps_and_no_faster(counting: Counting) -> None:
    def work(steps: int) -> int:
        head = f'[policy]\ncounting = "{counting}"\nsoft_threshold = 50\nmin_days = 180\n'
        bounces = (
            f'[[step]]\nat = 2026-01-{day:02}T{hour:02}:00:00Z\nevent = "bounce"\nreason = "{reason}"\n'
            for day in range(1, 31)
            for hour in range(24)
            for reason in ["mailbox_full" if hour % 3 else "domain_unknown"]
        )
        scenario = read_scenario((head + "".join(islice(bounces, steps))).encode())
        calls = Counter[str]()
        sys.setprofile(lambda frame, event, argument: calls.update((event,)))
        try:
            played = list(simulate(scenario))
        finally:
            sys.setprofile(None)
        assert len(played) == steps
        return calls.total()

    assert work(600) < 2.2 * work(300)
