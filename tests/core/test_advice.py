"""Advice: complete for every reason and state in both languages, and letters that can be sent as they are."""

import json
import re
import tomllib
from dataclasses import replace
from datetime import timedelta, timezone
from importlib.resources import files

import pytest
from typer.testing import CliRunner

from retour.cli import app
from retour.flow.advice import Case, Letter, about_state, on_life, on_reason, on_state
from retour.flow.days import day_in
from retour.instants import DAY
from retour.model import (
    VALID,
    Cause,
    Event,
    EventKind,
    Evidence,
    Kind,
    Reason,
    Report,
    State,
    StateName,
    Verdict,
)
from retour.ports import Life
from retour.texts import LANGUAGES, catalogue

CASE = Case("ann@b.example", "The Shop", "550 5.1.1 {no} such\n user", "4 October 2024")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_advised_on(reason: Reason, language: str) -> None:
    advice = on_reason(reason, language, CASE)
    assert advice.about == reason
    for sentence in (advice.what, advice.who, advice.do, advice.insist):
        assert len(sentence) > 5
        assert "{" not in sentence
    assert advice.contact is not None
    assert advice.postmaster is not None
    for letter in (advice.contact, advice.postmaster):
        assert "The Shop" in letter.text
        assert "ann@b.example" in letter.subject + letter.text or "b.example" in letter.subject
        assert not re.search(r"{(?!no})", letter.subject + letter.text)
        assert letter.subject.strip() == letter.subject
        assert letter.text.endswith("The Shop\n")
        assert "\n\n\n" not in letter.text
    assert "550 5.1.1 {no} such user" in advice.postmaster.text


def test_every_letter_fits_a_reason_and_every_sentence_is_used() -> None:
    letters = tomllib.loads(files("retour.flow").joinpath("letters.toml").read_text("utf-8"))
    assert set(letters["reason"]) == set(Reason)
    found = (of for told in letters.values() for of in told.values())
    used = {f"{to}.{name}" for of in found for to, name in of.items()}
    written = {key.rpartition(".")[0] for key in catalogue("advice.en").keys if key.endswith(".text")}
    assert used == written
    insisted = {key.partition(".")[2] for key in catalogue("advice.en").keys if key.startswith("insist.")}
    assert insisted == set(Reason)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_and_cause_is_advised_on(language: str) -> None:
    states = [VALID._replace(state=name) for name in StateName if name is not StateName.INVALID]
    states += [VALID._replace(state=StateName.INVALID, causes=frozenset({cause})) for cause in Cause]
    states.append(VALID._replace(unsubscribed=True))
    assert len({about_state(state) for state in states}) == len(states)
    for state in states:
        advice = on_state(state, language, CASE)
        assert all(len(sentence) > 5 for sentence in (advice.what, advice.who, advice.do, advice.insist))
        letters = [letter for letter in (advice.contact, advice.postmaster) if letter is not None]
        # Without a bounce of one's own behind it; a bounce has letters of its own.
        assert len(letters) == (2 if advice.about in ("platform", "import") else 0)
        for letter in letters:
            assert "ann@b.example" in letter.text
            assert not re.search(r"{(?!no})", letter.subject + letter.text)
            assert letter.text.endswith("The Shop\n")


def test_the_two_languages_say_it_in_their_own_words() -> None:
    for reason in Reason:
        english, german = (on_reason(reason, language, CASE) for language in ("en", "de"))
        assert english.insist != german.insist
        assert (english.contact is None) is (german.contact is None)
    assert on_reason(Reason.MAILBOX_FULL, "de").contact != on_reason(Reason.MAILBOX_FULL, "en").contact


def test_without_a_case_the_blanks_are_left() -> None:
    letter = on_reason(Reason.ADDRESS_UNKNOWN, "en").contact
    assert letter is not None
    assert {"{address}", "{date}", "{sender}"} <= set(re.findall(r"{\w+}", letter.text))


def bounce(reason: Reason, diagnostic: str | None) -> Event:
    report = Report(Kind.BOUNCE, diagnostic=diagnostic)
    evidence = Evidence(report, Verdict(Kind.BOUNCE, reason, None, "none", "", 0.0))
    return Event(bytes(16), EventKind.BOUNCE, 20_000 * DAY, reason, "5.1.1", evidence=evidence)


def test_advice_on_an_address_is_about_the_bounce_that_stopped_it() -> None:
    stopped = VALID._replace(state=StateName.INVALID, causes=frozenset({Cause.HARD}), since=20_000 * DAY)
    life = Life("ann@b.example", stopped, (bounce(Reason.ADDRESS_UNKNOWN, "550 no such user"),))
    state, on_bounce = on_life(life, "en", "shop")
    assert (state.about, on_bounce and on_bounce.about) == ("hard", "address_unknown")
    assert on_bounce is not None
    assert isinstance(on_bounce.postmaster, Letter)
    assert "550 no such user" in on_bounce.postmaster.text
    assert "4 October 2024" in on_bounce.postmaster.text
    state, on_bounce = on_life(Life("ann@b.example", VALID), "en", "shop")
    assert (state.about, on_bounce) == ("valid", None)


def test_the_day_in_a_letter_is_written_as_its_reader_writes_days() -> None:
    life = Life("ann@b.example", VALID, (bounce(Reason.ADDRESS_UNKNOWN, None),))
    _, german = on_life(life, "de", "shop")
    assert german is not None
    assert german.contact is not None
    assert "kam am 4. Oktober 2024 zurück" in german.contact.text
    _, elsewhere = on_life(life, "en", "shop", day_in("en", timezone(-timedelta(hours=3))))
    assert elsewhere is not None
    assert elsewhere.contact is not None
    assert "on 3 October 2024" in elsewhere.contact.text


def test_what_an_incident_was_forgotten_with_is_no_advice_any_more() -> None:
    """Else the page would have a living address removed, whose bounces its provider has to answer for."""
    told = bounce(Reason.ADDRESS_UNKNOWN, None)
    opened = Event(bytes(15) + b"1", EventKind.INCIDENT_OPEN, told.at + 1, begins=told.at, outcome="i1")
    closed = Event(bytes(15) + b"2", EventKind.INCIDENT_CLOSE, told.at + 2, outcome="revert")
    life = Life("ann@b.example", VALID, (told, opened, closed))
    assert on_life(life, "en", "shop")[1] is None
    held = Life("ann@b.example", VALID._replace(state=StateName.HELD, listed=1), (told, opened))
    assert on_life(held, "en", "shop")[1] is not None
    again = Event(bytes(15) + b"3", EventKind.WITHDRAWAL, told.at + 3, outcome=closed.id.hex())
    assert on_life(replace(held, events=(told, opened, closed, again)), "en", "shop")[1] is not None  # open
    confirmed = closed._replace(outcome="confirm")
    stopped = VALID._replace(state=StateName.INVALID, causes=frozenset({Cause.HARD}), since=told.at)
    assert on_life(Life("ann@b.example", stopped, (told, opened, confirmed)), "en", "shop")[1] is not None


def test_what_was_forgiven_is_no_advice_any_more() -> None:
    """Else "nothing is to be done" and "do not send to it again" would stand beside each other."""
    told = bounce(Reason.ADDRESS_UNKNOWN, None)
    restored = Event(bytes(15) + b"1", EventKind.RESTORE, told.at + 1)
    state, on_bounce = on_life(Life("ann@b.example", VALID, (told, restored)), "en", "shop")
    assert (state.about, on_bounce) == ("valid", None)
    again = told._replace(id=bytes(15) + b"2", at=told.at + 2, reason=Reason.MAILBOX_FULL)
    bounced = VALID._replace(state=StateName.BOUNCING)
    _, on_bounce = on_life(Life("ann@b.example", bounced, (told, restored, again)), "en", "shop")
    assert on_bounce is not None
    assert on_bounce.about == "mailbox_full"


def test_long_words_of_a_server_are_cut_and_missing_ones_are_said_to_be_missing() -> None:
    long = on_reason(Reason.REFUSED, "en", Case("a@b.example", "shop", "x" * 9000)).postmaster
    bare = on_reason(Reason.REFUSED, "en", Case("a@b.example", "shop")).postmaster
    assert long is not None
    assert bare is not None
    assert len(long.text) < 1000
    assert "    …\n" in bare.text


def test_the_command_tells_a_reason_and_names_what_there_is() -> None:
    told = CliRunner().invoke(app, ["advice", "mailbox_full", "--lang", "de"])
    assert told.exit_code == 0
    assert "Ihr Postfach ist voll" in told.stdout
    unknown = CliRunner().invoke(app, ["advice", "mailbox_fool"])
    assert (unknown.exit_code, unknown.stdout) == (2, "")
    assert "mailbox_full" in unknown.stderr
    assert json.dumps(unknown.stderr)


@pytest.mark.parametrize("language", ["en", "de"])
def test_who_is_held_is_told_by_what(language: str) -> None:
    """An incident, of which listed bounces tell; or a correction that waits to be confirmed."""
    by_incident = on_state(State(StateName.HELD, listed=1), language)
    by_correction = on_state(State(StateName.HELD), language)
    assert (by_incident.about, by_correction.about) == ("incident", "correction")
    assert by_incident.do != by_correction.do
