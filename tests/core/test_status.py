"""The status of an address in words: every reason, every cause, every state, in both languages."""

from dataclasses import replace
from datetime import UTC

import pytest

from retour.flow.advice import on_life
from retour.flow.days import day_in, zone
from retour.flow.status import Known, status
from retour.flow.why import forgotten, untried
from retour.instants import DAY, Instant, parse
from retour.lifecycle import Mode, Policy, policy_from, preset
from retour.model import (
    BounceType,
    Cause,
    Event,
    EventKind,
    Evidence,
    Group,
    Kind,
    MailKind,
    Part,
    Reason,
    Report,
    Send,
    State,
    StateName,
    Verdict,
)
from retour.ports import Life
from retour.ports.incidents import EVERYWHERE
from retour.texts import LANGUAGES, catalogue

AT = parse("2026-05-03T22:30:00Z")
POLICY = preset("default")
DAYS = {language: day_in(language, UTC) for language in LANGUAGES}


def bounce(reason: Reason, at: Instant = AT) -> Event:
    return Event(
        id=b"1", kind=EventKind.BOUNCE, at=at, account="demo", address="ann@b.example", reason=reason
    )


def known(state: State, reason: Reason | None = None, policy: Policy = POLICY) -> Known:
    return Known("ann@b.example", state, policy, None if reason is None else bounce(reason))


def words(of: Known, language: str = "en") -> str:
    return status(of, language, DAYS[language]).words


BOUNCING = State(StateName.BOUNCING, soft=1, listed=1)


def invalid(cause: Cause, until: Instant | None = None) -> State:
    return State(StateName.INVALID, frozenset({cause}), AT, until, listed=1)


def test_a_full_mailbox_that_is_written_to_again() -> None:
    told = status(known(BOUNCING, Reason.MAILBOX_FULL), "en", DAYS["en"])
    assert (told.mark, told.label) == ("?", "Mailbox full")
    assert told.words == (
        "Mailbox full since 3 May 2026. We keep sending; after 3 more failures at the earliest we stop."
        " Nothing to do."
    )
    assert words(known(BOUNCING, Reason.MAILBOX_FULL), "de") == (
        "Postfach voll seit 3. Mai 2026. Wir versenden weiter; frühestens nach 3 weiteren Fehlversuchen"
        " stoppen wir. Nichts zu tun."
    )


def judged(reason: Reason, blocklist: str | None = None, part: Part | None = None) -> Known:
    verdict = Verdict(Kind.BOUNCE, reason, Group.BLOCK, "x", "", 1.0, blocklist=blocklist, part=part)
    event = bounce(reason)._replace(evidence=Evidence(Report(Kind.BOUNCE), verdict))
    return Known("ann@b.example", BOUNCING, POLICY, event)


def test_a_blocklist_is_named_and_what_of_the_mail_was_refused() -> None:
    listed = judged(Reason.SENDER_BLOCKLISTED, blocklist="Spamhaus ZEN")
    assert "on the blocklist Spamhaus ZEN on 3 May 2026." in words(listed)
    assert "auf der Sperrliste Spamhaus ZEN." in words(listed, "de")
    refused = judged(Reason.CONTENT_REJECTED, part=Part.SUBJECT)
    assert "refused the subject of the mail of 3 May 2026." in words(refused)
    assert "hat den Betreff der Mail vom 3. Mai 2026 abgelehnt." in words(refused, "de")
    assert "refused the content of the mail" in words(judged(Reason.CONTENT_REJECTED))
    for part in Part:
        for language in LANGUAGES:
            assert catalogue(f"status.{language}")(f"refused_part.{part}") in words(
                judged(Reason.CONTENT_REJECTED, part=part), language
            )


def test_the_last_failure_before_the_stop() -> None:
    assert "one more failure, and we stop" in words(known(BOUNCING._replace(soft=3), Reason.MAILBOX_FULL))


def test_a_stop_with_a_day_of_return_and_one_without() -> None:
    back = known(invalid(Cause.SOFT, AT + 30 * DAY), Reason.MAILBOX_FULL)
    assert "Sending stopped on 3 May 2026; we try again on 2 June 2026 (attempt 1 of 3)." in words(back)
    assert "am 2. Juni 2026 versuchen wir es wieder (Versuch 1 von 3)." in words(back, "de")
    last = replace(back, state=back.state._replace(reactivations=2))
    assert "(attempt 3 of 3)" in words(last)
    assert words(known(invalid(Cause.HARD), Reason.ADDRESS_UNKNOWN)) == (
        "This address does not exist at b.example. Sending stopped on 3 May 2026. Check the spelling, or ask"
        " the contact in another way."
    )


def test_what_bounces_again_after_its_stop_is_not_said_to_have_begun_then() -> None:
    later = bounce(Reason.MAILBOX_FULL, AT + 90 * DAY)
    stopped = replace(known(invalid(Cause.SOFT), Reason.MAILBOX_FULL), bounce=later)
    assert words(stopped).startswith("Mailbox full, last seen so on 1 August 2026. Sending stopped on 3 May")
    assert words(stopped, "de").startswith(
        "Postfach voll, zuletzt am 1. August 2026. Versand gestoppt am 3. Mai"
    )
    same_day = replace(stopped, bounce=bounce(Reason.MAILBOX_FULL, AT + 60_000_000))
    assert words(same_day).startswith("Mailbox full since 3 May 2026.")


def test_a_block_never_threatens_the_address() -> None:
    told = words(known(BOUNCING, Reason.SENDER_BLOCKLISTED))
    assert "The address stays active." in told
    assert "stop" not in told


def test_a_missing_domain_waits_for_its_confirmation() -> None:
    assert "if that is confirmed after a day" in words(known(BOUNCING, Reason.DOMAIN_UNKNOWN))


def test_a_complaint_says_that_system_mail_goes_on_only_where_it_does() -> None:
    assert "system mail still goes out" in words(known(invalid(Cause.COMPLAINT)))
    all_stopped = policy_from({"complaint_stops": "all"}, POLICY)
    assert "system mail" not in words(known(invalid(Cause.COMPLAINT), policy=all_stopped))


def test_an_observing_policy_and_an_address_never_stopped_say_so() -> None:
    observing = replace(POLICY, mode=Mode.OBSERVE)
    assert "only observe" in words(known(invalid(Cause.HARD), Reason.ADDRESS_UNKNOWN, observing))
    spared = replace(POLICY, never_stop=frozenset({"b.example"}))
    assert "never stopped" in words(known(invalid(Cause.HARD), Reason.ADDRESS_UNKNOWN, spared))


def test_a_correction_and_an_incident_wait() -> None:
    assert "not confirmed it yet" in words(known(State(StateName.HELD)))
    assert "Unusually many addresses at b.example" in words(known(State(StateName.HELD, listed=1)))


def test_a_final_failure_by_greylisting_is_not_called_too_much_at_once() -> None:
    verdict = Verdict(Kind.BOUNCE, Reason.RATE_LIMITED, Group.TRANSPORT, "text.greylisted", "greylisted", 1.0)
    event = bounce(Reason.RATE_LIMITED)._replace(evidence=Evidence(Report(Kind.BOUNCE), verdict))
    greylisted = Known("ann@b.example", BOUNCING, POLICY, event)
    assert words(greylisted).startswith("b.example put the mail of 3 May 2026 off (greylisting), and no")
    assert "Send more slowly" not in words(greylisted)
    assert "(Greylisting), und kein späterer Versuch kam durch." in words(greylisted, "de")
    assert status(greylisted, "en", DAYS["en"]).who == catalogue("en")("who.operator")
    for language in LANGUAGES:
        _, advised = on_life(Life("ann@b.example", BOUNCING, (event,)), language, "us")
        assert advised is not None
        assert advised.do == catalogue(f"advice.{language}")("greylisted.do")


def test_who_was_given_back_and_not_written_to_is_not_said_to_get_mail() -> None:
    back = replace(known(State()), restored=AT)
    assert words(back) == (
        "The address was given back on 3 May 2026; no mail is known to have gone there since. Nothing to do."
    )
    assert words(back, "de").startswith("Die Adresse wurde am 3. Mai 2026 freigegeben; seither ging,")
    assert words(replace(back, state=State(unsubscribed=True))).startswith("The contact has unsubscribed.")


def test_a_restore_is_untried_until_a_mail_goes_there_or_it_is_taken_back() -> None:
    restore = bounce(Reason.UNDETERMINED)._replace(id=b"2", kind=EventKind.RESTORE, reason=None)
    life = Life("ann@b.example", State(), (restore,))
    assert untried(life) == AT
    sent = Send(1, "demo", "ann@b.example", MailKind.MAILING, AT + 1)
    assert untried(replace(life, sends=(sent,))) is None
    assert untried(replace(life, sends=(replace(sent, handed_over=AT - 1),))) == AT
    for kind, outcome in (
        (EventKind.DELIVERED, None),
        (EventKind.BOUNCE, None),
        (EventKind.WITHDRAWAL, b"2".hex()),
    ):
        later = restore._replace(id=b"3", kind=kind, at=AT + 1, outcome=outcome)
        assert untried(replace(life, events=(restore, later))) is None


def test_who_bounced_in_a_forgotten_incident_is_not_said_to_get_mail() -> None:
    told = bounce(Reason.ADDRESS_UNKNOWN)
    opened = Event(bytes(15) + b"1", EventKind.INCIDENT_OPEN, AT + 1, begins=AT, outcome="i1")
    closed = Event(bytes(15) + b"2", EventKind.INCIDENT_CLOSE, AT + 2, outcome="revert")
    life = Life("ann@b.example", State(), (told, opened, closed))
    assert forgotten(life) == AT
    assert forgotten(replace(life, events=(told,))) is None
    assert (
        forgotten(replace(life, events=(told._replace(reason=Reason.MAILBOX_FULL), opened, closed))) is None
    )
    arrived = told._replace(id=b"3", kind=EventKind.DELIVERED, at=AT + 3, reason=None)
    assert forgotten(replace(life, events=(told, opened, closed, arrived))) is None
    sent = Send(1, "demo", "ann@b.example", MailKind.MAILING, AT + 3)
    assert forgotten(replace(life, sends=(sent,))) is None
    back = replace(known(State()), forgotten=AT)
    assert words(back) == (
        "The refusal of 3 May 2026 was part of an incident and counts no more; no mail is known to have gone"
        " there since. Nothing to do."
    )
    assert words(back, "de").startswith("Die Ablehnung vom 3. Mai 2026 gehörte zu einer Störung")


def test_what_stays_stopped_is_not_said_to_pass_by_itself() -> None:
    full = known(invalid(Cause.SOFT), Reason.MAILBOX_FULL)
    assert words(full).endswith("If the cause is gone, ask our support to give it back.")
    assert status(full, "en").who == status(known(invalid(Cause.SUPPORT)), "en").who
    comes_back = replace(full, state=invalid(Cause.SOFT, AT + 30 * DAY))
    assert words(comes_back).endswith("Nothing to do.")
    observed = replace(full, policy=replace(POLICY, mode=Mode.OBSERVE))
    assert words(observed).endswith("Nothing to do.")


def test_an_incident_is_called_by_what_it_is_about() -> None:
    held = known(State(StateName.HELD, listed=1))
    everywhere = replace(held, incident=EVERYWHERE)
    assert words(everywhere).startswith("Unusually many addresses at many domains at once are being refused.")
    assert words(everywhere, "de").startswith("Bei vielen Domains zugleich werden")
    hosted = replace(held, address="ann@hotmail.com", incident="microsoft")
    assert words(hosted).startswith("Unusually many addresses at Microsoft are being refused.")
    assert words(replace(hosted, incident=None), "de").startswith("Bei Microsoft werden")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("state", [BOUNCING, invalid(Cause.HARD), invalid(Cause.SOFT, AT + DAY)], ids=str)
def test_every_reason_has_a_status_of_at_most_three_sentences(
    language: str, reason: Reason, state: State
) -> None:
    told = status(known(state, reason), language, DAYS[language])
    assert told.label
    assert told.who
    assert "{" not in told.words
    sentences = [part for part in told.words.replace(". Mai", " Mai").split(". ") if part]
    assert 2 <= len(sentences) <= 3
    assert all(len(sentence.split()) <= 20 for sentence in sentences), sentences


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "state",
    [
        State(),
        State(unsubscribed=True),
        State(StateName.HELD),
        State(StateName.HELD, listed=1),
        *(invalid(cause) for cause in Cause),
    ],
    ids=str,
)
def test_every_state_has_a_status_without_a_bounce(language: str, state: State) -> None:
    told = words(known(state), language)
    assert told.endswith(".")
    assert "{" not in told


def test_a_named_threshold_is_the_one_that_counts() -> None:
    state = BOUNCING._replace(soft=0, block=1, reasons={Reason.SENDER_BLOCKED: 2})
    told = words(Known("ann@b.example", state, POLICY, bounce(Reason.SENDER_BLOCKED), BounceType.BLOCK))
    assert "one more failure" in told


def test_days_are_those_of_the_readers_zone() -> None:
    berlin = zone("Europe/Berlin")
    assert berlin is not None
    assert day_in("de", berlin)(AT) == "4. Mai 2026"
    assert day_in("en", UTC)(AT) == "3 May 2026"
    assert [zone(name) for name in ("", "../etc/passwd", "Nowhere/At_All", "Europe", "\0")] == [None] * 5


def test_the_catalogues_have_the_same_keys() -> None:
    assert catalogue("status.en").keys == catalogue("status.de").keys


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_console_has_a_word_for_every_kind_of_event_and_reason(language: str) -> None:
    keys = catalogue(f"console.{language}").keys
    assert {f"event.{kind}" for kind in EventKind} <= keys
    assert {f"type.{type_}" for type_ in BounceType} <= keys
    assert {f"label.{reason}" for reason in Reason} <= catalogue(f"status.{language}").keys
    assert catalogue("console.en").keys == catalogue("console.de").keys
