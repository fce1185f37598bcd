"""An operator's own rules: before ours, checked by more than their form, and never against the living."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

import retour
from retour.classify import Classifier, lint, packaged
from retour.classify.rulefile import KEYS, TABLES
from retour.cli import app
from retour.flow.judge import judge, judge_reply, reply_from
from retour.flow.own_rules import OwnRulesError, RuleFile, classifier_with, faults_of
from retour.model import READ_BY_RULE, Group, Kind, Reason

MINE = """
[[rule]]
id = "shop.flown"
reason = "address_unknown"
source = "the manual of our partner's server"
phrases = ["has flown the nest"]
samples = ["550 ann has flown the nest"]
"""


def rule(reason: str = "server_busy", id: str = "shop.x", **keys: object) -> str:
    """One rule, its keys as TOML."""
    whole = {"id": id, "reason": reason, "source": "s", "phrases": ["on a holiday"]} | keys
    whole.setdefault("samples", ["550 on a holiday"])
    lines = [
        f"{key} = {str(value).lower() if value is True else repr(value)}" for key, value in whole.items()
    ]
    return "\n".join(["[[rule]]", *lines, ""])


def rules(*texts: str) -> Classifier:
    return classifier_with([RuleFile(f"{n}.toml", text) for n, text in enumerate(texts)])


def refused(*texts: str) -> list[str]:
    return [found.fault.name for found in faults_of([RuleFile(f"{n}.toml", t) for n, t in enumerate(texts)])]


def test_own_words_are_known_where_ours_know_none() -> None:
    assert judge_reply("550 ann has flown the nest")[1].reason is not Reason.ADDRESS_UNKNOWN
    verdict = judge_reply("550 ann has flown the nest", rules(MINE))[1]
    assert (verdict.reason, verdict.rule, verdict.matched) == (
        Reason.ADDRESS_UNKNOWN,
        "shop.flown",
        "has flown the nest",
    )


def test_own_words_are_tried_before_ours_but_not_before_our_marker() -> None:
    mine = rules(rule(phrases=["user unknown"], samples=["550 user unknown"]))
    assert judge_reply("550 5.1.1 user unknown", mine)[1].reason is Reason.SERVER_BUSY
    stopped = judge_reply("550 5.7.1 [retour:stopped] user unknown", mine)[1]
    assert stopped.kind is Kind.SUPPRESSED


def test_own_words_are_found_in_whichever_text_they_stand() -> None:
    report = reply_from("<a@b.example>: host mx.b.example said: 550 5.1.1 user unknown", None)
    assert rules(rule(samples=["on a holiday"])).classify(report).reason is Reason.ADDRESS_UNKNOWN
    report = report._replace(text="The recipient is on a holiday.")
    assert rules(rule(samples=["on a holiday"])).classify(report).reason is Reason.SERVER_BUSY


def test_two_classifiers_know_nothing_of_each_other() -> None:
    first, second = rules(MINE), rules(rule())
    assert judge_reply("550 has flown the nest", second)[1].rule != "shop.flown"
    assert judge_reply("550 on a holiday", first)[1].rule != "shop.x"
    assert judge_reply("550 has flown the nest")[1].rule != "shop.flown"
    assert packaged().own == ()


# --- living addresses --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        "550 unable to verify sender: has flown the nest",
        "450 4.7.1 has flown the nest",
        "450 4.2.0 has flown the nest, mailbox full",
    ],
)
def test_the_doubts_for_living_addresses_hold_against_own_rules(reply: str) -> None:
    assert judge_reply(reply, rules(MINE))[1].group is not Group.DEAD


def test_an_own_code_kills_nobody_of_whom_the_words_say_something_else() -> None:
    mine = rules(rule("address_unknown", phrases=[], codes=["5.1.99"], samples=["550 5.1.99 oh no"]))
    assert judge_reply("550 5.1.99 oh no", mine)[1].group is Group.DEAD
    assert judge_reply("550 5.1.99 blocked by our policy", mine)[1].group is not Group.DEAD


def test_prose_kills_nobody_of_whom_the_server_says_something_else() -> None:
    report = reply_from("550 5.7.1 blocked by our policy", None)
    report = report._replace(text="If the address has flown the nest, ask for the new one.")
    assert rules(MINE).classify(report).group is Group.BLOCK


@pytest.mark.parametrize("word", ["mailbox", "rejected", "spam"])
def test_words_that_the_living_get_as_well_declare_nobody_dead(word: str) -> None:
    assert "dead_and_living" in refused(rule("address_unknown", phrases=[word], samples=[f"550 x {word} y"]))


# --- faults ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (rule(id="code.1.1"), "id_of_ours"),
        (rule(id="ours.x"), "id_of_ours"),
        (rule(id="none"), "id_of_ours"),
        (rule(id="Shop x"), "odd_id"),
        (rule(), ""),
        (rule() + rule(), "id_twice"),
        (rule().replace("[[rule]]", "[[rules]]"), "unknown_table"),
        ("", "no_rules"),
        ("rule = []", "no_rules"),
        ("order = ['refused']\n" + rule(), "unknown_table"),
        ("weight = 'heavy'\n" + rule(), "no_such_value"),
        ("weight = 1\n" + rule(), "not_a_text"),
        (rule().replace("reason = 'server_busy'", "kind = 'complaint'"), "kind_moves"),
        (rule(kind="suppressed"), "kind_moves"),
        (rule().replace("reason = 'server_busy'", "kind = 'suppressed'"), ""),
        (rule("address_unknown", phrases=[], codes=["550"], samples=["550 x"]), "dead_by_code"),
        (rule("address_unknown", phrases=[], codes=["x.0.0"], samples=["550 5.0.0 x"]), "dead_by_code"),
        (rule(unparsed="yes"), "not_yes_or_no"),
        (rule(unparsed=True), ""),
        (rule(phrases=[], codes=["5.1.99"], unparsed=True), "unparsed_by_code"),
        (rule(phrases=["x" * 201]), "too_long"),
        (rule(phrases=[f"far away {n:03}" for n in range(201)]), "too_many_phrases"),
        (rule(samples=["550 somebody else's words"]), "sample_fails"),
        (rule("address_unknown", samples=["450 4.7.1 on a holiday"]), "sample_fails"),
        (rule(confidence=True), "no_confidence"),
        ("[provider]\nname = 'us'\nhosts = ['Mail.Example']\n" + rule(), "no_host"),
        (
            "[provider]\nname = 'us'\nhosts = ['mail.example']\nmarks = ['Them']\n" + rule(),
            "never_matches",
        ),
        ("[provider]\nname = 'us'\nhosts = [1]\n" + rule(), "no_provider"),
    ],
)
def test_what_a_file_of_own_rules_may_not_hold(text: str, fault: str) -> None:
    assert refused(text) == ([fault] if fault else [])
    if fault:
        with pytest.raises(OwnRulesError):
            rules(text)


def test_every_rule_at_fault_is_named_not_the_first_alone() -> None:
    assert refused(rule(colour="red") + rule(reason="gone", id="shop.y")) == ["unknown_key", "no_such_value"]


def test_ids_of_two_files_do_not_clash() -> None:
    assert refused(rule(), rule()) == ["id_twice"]


def test_no_file_can_make_matching_slow() -> None:
    many = "".join(
        rule(id=f"shop.{n}", phrases=[f"the same beginning {n:03}"], samples=[f"the same beginning {n:03}"])
        for n in range(51)
    )
    assert refused(many) == ["too_many_alike"]


def test_the_bounds_are_those_of_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
    assert f"{lint.MOST_RULES} rules, {lint.MOST_PHRASES} phrases in a rule" in page
    assert f"{lint.LONGEST} characters in a phrase, {lint.MOST_ALIKE} phrases with the same beginning" in page


def test_the_example_of_the_page_has_no_fault() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
    own = page.partition("## Rules of your own")[2]
    (example,) = re.findall(r"```toml\n(.*?shop.flown-the-nest.*?)```", own, re.DOTALL)
    assert refused(example) == []
    assert judge(STRANGE, rules(example)).verdicts[0].reason is Reason.ADDRESS_UNKNOWN


# --- providers ---------------------------------------------------------------------------------------------


def test_a_provider_of_ones_own_stands_beside_ours() -> None:
    mine = rules("[provider]\nname = 'shop'\nhosts = ['mx.google.com']\n" + MINE)
    both = mine.book.hosts
    assert both["mx.google.com"] == {"shop", "gmail"}
    assert both["google.com"] == {"gmail"}
    at_google = reply_from("550 has flown the nest", "a.mx.google.com")
    assert mine.classify(at_google).rule == "shop.flown"
    assert mine.classify(reply_from("550 has flown the nest", "mx.b.example")).rule != "shop.flown"
    ours = next(r for r in packaged().rules if r.provider == "gmail" and r.reason)
    reply = reply_from(ours.samples[0], "a.mx.google.com")
    assert mine.classify(reply).rule == Classifier(packaged()).classify(reply).rule


# --- mails that no form tells ------------------------------------------------------------------------------

STRANGE = b"From: robot@b.example\nTo: us@return.example\nSubject: Hm\n\nAnn has flown the nest, alas.\n"


def test_a_rule_for_unparsed_mails_makes_a_bounce_of_one() -> None:
    assert judge(STRANGE, rules(MINE)).reading.kind is Kind.OTHER
    found = judge(STRANGE, rules(MINE + "unparsed = true\n"))
    assert (found.reading.kind, found.verdicts[0].reason) == (Kind.BOUNCE, Reason.ADDRESS_UNKNOWN)
    assert READ_BY_RULE in found.reading.defects
    assert found.reading.reports[0].recipient is None


def test_so_it_does_of_one_that_only_its_null_sender_tells_to_be_a_reply() -> None:
    mail = b"Return-Path: <>\n" + STRANGE
    assert judge(mail).reading.kind is Kind.AUTOREPLY
    found = judge(mail, rules(MINE + "unparsed = true\n"))
    assert (found.reading.kind, found.verdicts[0].reason) == (Kind.BOUNCE, Reason.ADDRESS_UNKNOWN)


@pytest.mark.parametrize(
    "mail",
    [
        b"From: ann@b.example\nSubject: lunch?\n\nNoon?\n",
        b"From: ann@b.example\nAuto-Submitted: auto-replied\nSubject: away\n\nHas flown the nest.\n",
        b"",
    ],
)
def test_other_mails_stay_what_they_are(mail: bytes) -> None:
    assert judge(mail, rules(MINE + "unparsed = true\n")) == judge(mail)


# --- the doors ---------------------------------------------------------------------------------------------


def test_the_library_takes_own_rules(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(MINE, "utf-8")
    mine = retour.rules(tmp_path / "mine.toml")
    assert retour.judge_reply("550 has flown the nest", rules=mine)[1].rule == "shop.flown"
    assert retour.judge(STRANGE, rules=mine).reading.kind is Kind.OTHER
    with pytest.raises(OwnRulesError, match="unreadable"):
        retour.rules(tmp_path / "none.toml")


def run(*arguments: str, fed: str = "") -> Result:
    return CliRunner().invoke(app, arguments, input=fed)


def test_the_module_is_the_command() -> None:
    command = [sys.executable, "-m", "retour", "classify", "--json"]
    told = subprocess.run(command, input="550 5.1.1 user unknown\n", capture_output=True, text=True)
    assert '"reason": "address_unknown"' in told.stdout


def test_the_commands_take_own_rules(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(MINE, "utf-8")
    (tmp_path / "strange.eml").write_bytes(STRANGE)
    own = ("--rules", str(file))
    assert "your own rule shop.flown" in run("classify", *own, fed="550 has flown the nest\n").stdout
    assert "eigene Regel" in run("classify", *own, "--lang", "de", fed="550 has flown the nest\n").stdout
    assert "own clear" in run("rules", "list", *own).stdout.splitlines()[2]
    assert "has flown the nest" in run("rules", "show", "shop.flown", *own).stdout
    assert "by rule shop.flown" in run("rules", "test", "550 has flown the nest", *own).stdout
    assert run("rules", "test", *own).exit_code == 0
    file.write_text(MINE + "unparsed = true\n", "utf-8")
    assert "a rule of your own does" in run("explain", *own, str(tmp_path / "strange.eml")).stdout
    file.write_text(MINE.replace("address_unknown", "gone"), "utf-8")
    for command in (("explain", str(tmp_path)), ("classify",), ("rules", "list"), ("rules", "test")):
        told = run(*command, *own)
        assert (told.exit_code, told.stdout) == (1, "")
        assert f"{file}: rule shop.flown: reason cannot be gone" in told.stderr


# --- whatever stands in a file -----------------------------------------------------------------------------

ODD_VALUES = st.recursive(
    st.text(max_size=8)
    | st.integers(-5, 5)
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.sampled_from(["user unknown", "5.1.1", "550", "* x", "clear", "refused", "suppressed", "a.b", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from([*KEYS, "rule", "name", "hosts", "marks", "order", "x"])
ODD_RULE = st.dictionaries(NAMES, ODD_VALUES, max_size=8).map(lambda keys: {"id": "a", **keys})
ODD_FILE = st.dictionaries(
    st.sampled_from([*TABLES, "order", "part"]),
    ODD_VALUES | ODD_RULE | st.lists(ODD_RULE, max_size=3),
    max_size=4,
)


def toml(value: object) -> str:
    """A value as TOML writes it inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value.replace("\x7f", "").encode("utf-8", "replace").decode(), ensure_ascii=False)
    if isinstance(value, float):
        return format(value, ".3e")
    return str(value).lower()


@given(ODD_FILE)
def test_a_file_of_any_form_has_faults_or_can_be_used(document: dict[str, object]) -> None:
    text = "\n".join(f"{key} = {toml(value)}" for key, value in document.items())
    if not refused(text):
        assert judge_reply("550 5.1.1 user unknown", rules(text))[1].kind in Kind


@given(st.text(max_size=200))
def test_a_text_of_any_form_has_faults(text: str) -> None:
    assert refused(text)


def test_a_file_without_end_is_read_up_to_the_limit() -> None:
    with pytest.raises(OwnRulesError) as refused:
        retour.rules("/dev/zero")
    assert [found.fault.name for found in refused.value.found] == ["too_large"]
