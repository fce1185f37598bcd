"""The advice on a restore request: a pure function of what is known of the address."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from retour.flow.engagement import against
from retour.flow.restore_advice import RestoreAdvice, Verdict, Why, _knowledge, advise
from retour.instants import DAY
from retour.lifecycle import PolicyVersion, fold, preset
from retour.lifecycle.judgements import of_bounce, of_understood
from retour.model import (
    Cause,
    Event,
    EventKind,
    MailKind,
    Reason,
    Send,
    State,
    StateName,
)
from retour.ports import Ending, Latest, Life, RequestKind, RequestStatus, RestoreRequest, Ruling, Sign

T0 = 20_000 * DAY


def event(kind: EventKind, day: float, reason: Reason | None = None) -> Event:
    at = T0 + round(day * DAY)
    return Event(
        f"{kind} {day}".encode().ljust(16)[:16], kind, at, reason, account="acme", address="a@b.example"
    )


def bounce(day: float, reason: Reason) -> Event:
    return event(EventKind.BOUNCE, day, reason)


def life(*events: Event, day: float = 100, sends: tuple[Send, ...] = ()) -> Life:
    policies = [PolicyVersion(1, T0 - DAY, preset("kwiga"))]
    delivered = [(send.id, send.delivered_at) for send in sends if send.delivered_at is not None]
    state = fold(events, policies, T0 + round(day * DAY), delivered)
    return Life("a@b.example", state, tuple(sorted(events, key=lambda e: e.at)), sends)


def advice(
    known: Life, day: float = 100, *earlier: RestoreRequest, latest: Latest = MappingProxyType({})
) -> RestoreAdvice:
    return advise(known, earlier, latest, T0 + round(day * DAY))


UNKNOWN, FULL = Reason.ADDRESS_UNKNOWN, Reason.MAILBOX_FULL


@pytest.mark.parametrize(
    ("events", "day", "verdict", "code"),
    [
        ([event(EventKind.COMPLAINT, 0)], 100, "refuse", "complained"),
        (
            [event(EventKind.COMPLAINT, 0), event(EventKind.RESUBSCRIBE, 1)],
            100,
            "ask_back",
            "complained_and_came_back",
        ),
        ([bounce(0, UNKNOWN)], 100, "ask_back", "first.ask_back"),
        ([bounce(0, UNKNOWN), bounce(3, UNKNOWN)], 100, "correct", "again"),
        ([bounce(0, Reason.ADDRESS_MOVED)], 100, "correct", "first.correct"),
        ([bounce(0, FULL)], 5, "ask_back", "early"),
        ([bounce(0, FULL)], 14, "approve", "later"),
        ([bounce(0, Reason.MAILBOX_DISABLED)], 29, "ask_back", "early"),
        ([bounce(0, Reason.MAILBOX_DISABLED)], 30, "approve", "later"),
        ([bounce(0, UNKNOWN), bounce(3, UNKNOWN), event(EventKind.AUTOREPLY, 4)], 100, "approve", "answered"),
        ([event(EventKind.STOP, 0)], 100, "ask_back", "cause.support"),
        ([event(EventKind.IMPORT, 0)], 100, "ask_back", "cause.import"),
        ([], 100, "ask_back", "cause.valid"),
        (
            [
                *(bounce(0, FULL), event(EventKind.RESTORE, 20), bounce(30, FULL)),
                *(event(EventKind.RESTORE, 40), bounce(50, FULL)),
            ],
            100,
            "refuse",
            "in_vain",
        ),
    ],
)
def test_the_verdict_follows_what_stopped_it(
    events: list[Event], day: float, verdict: str, code: str
) -> None:
    found = advice(life(*events, day=day), day)
    assert (found.verdict.value, found.reasons[0].code) == (verdict, code)


def send(day: float, delivered: float | None) -> Send:
    at = None if delivered is None else T0 + round(delivered * DAY)
    return Send(7, "acme", "a@b.example", MailKind.MAILING, T0 + round(day * DAY), delivered_at=at)


def test_a_delivery_after_the_last_bounce_outweighs_it() -> None:
    events = bounce(0, UNKNOWN), bounce(3, UNKNOWN)
    assert advice(life(*events, sends=(send(4, 5),))).verdict is Verdict.APPROVE
    assert advice(life(*events, sends=(send(4, None),))).verdict is Verdict.CORRECT
    # Handed over before the bounce, and delivered late: no sign that it was mended.
    assert advice(life(*events, sends=(send(2.9, 5),))).verdict is Verdict.CORRECT
    # A delivery between two refusals: they do not confirm each other.
    assert advice(life(*events, sends=(send(1, 1.5),))).verdict is Verdict.ASK_BACK


@pytest.mark.parametrize("sign", Sign)
def test_a_sign_of_life_after_the_last_bounce_outweighs_it_but_for_an_open(sign: Sign) -> None:
    known = life(bounce(0, UNKNOWN), bounce(3, UNKNOWN))
    after = advice(known, latest={sign: T0 + 4 * DAY})
    assert after.verdict is (Verdict.CORRECT if sign is Sign.OPEN else Verdict.APPROVE)
    assert sign.value in {why.code for why in after.reasons}
    assert all("{" not in why.told("de") for why in after.reasons)
    assert advice(known, latest={sign: T0 + 2 * DAY}).verdict is Verdict.CORRECT
    complained = life(event(EventKind.COMPLAINT, 0))
    assert advice(complained, latest={sign: T0 + 4 * DAY}).verdict is Verdict.REFUSE


def test_the_reports_of_one_send_are_one_refusal() -> None:
    twice = [bounce(0, UNKNOWN)._replace(send=5), bounce(0.1, UNKNOWN)._replace(send=5)]
    assert advice(life(*twice)).verdict is Verdict.ASK_BACK


def test_what_support_should_know_beside_is_told_after_what_decided() -> None:
    known = life(bounce(0, FULL), event(EventKind.UNSUBSCRIBE, 1))
    asked = RestoreRequest(
        "r1", "acme", RequestKind.RESTORE, ("a@b.example",), None, "done", T0 + DAY, "key 1"
    )
    refused = replace(asked, ending=Ending(RequestStatus.REFUSED, T0 + DAY, "key 9", Ruling(False, "no")))
    codes = [why.code for why in advice(known, 100, asked, refused).reasons]
    assert codes == ["later", "refused_before", "unsubscribed"]


def test_acts_that_were_taken_back_speak_no_more() -> None:
    stopped = event(EventKind.COMPLAINT, 0)
    undone = event(EventKind.WITHDRAWAL, 1)._replace(outcome=stopped.id.hex())
    assert advice(life(stopped, undone)).reasons[0].code == "cause.valid"


def test_every_reason_and_cause_has_its_row_and_its_sentences() -> None:
    rows = _knowledge()
    assert set(rows["reason"]) == {reason.value for reason in Reason}
    assert set(rows["cause"]) == {c.value for c in Cause} | {s.value for s in StateName} - {"invalid"}
    for row in rows["reason"].values():
        assert ("days" in row) is ("later" in row)
        assert ("times" in row) is ("again" in row)
    days = dict.fromkeys(("day", "bounced"), "2026-05-03")
    facts = {**dict.fromkeys(("times", "days", "wait", "request"), "1"), **days}
    for language in ("en", "de"):
        for reason in Reason:
            for code in ("early", "later", "again", *(f"first.{verdict}" for verdict in Verdict)):
                assert "{" not in Why(code, {**facts, "reason": reason.value}).told(language)
        for cause in rows["cause"]:
            assert Why(f"cause.{cause}", {}).told(language)
        for code in ("complained", "complained_and_came_back", "delivered", "answered", "in_vain"):
            assert "{" not in Why(code, facts).told(language)


def test_a_day_is_told_as_its_reader_writes_it() -> None:
    why = Why("complained", {"day": "2026-05-03"})
    assert why.told("en").startswith("The reader complained on 3 May 2026.")
    assert why.told("de").startswith("Der Leser hat sich am 3. Mai 2026 beschwert.")


def test_a_state_without_evidence_is_asked_about() -> None:
    stopped = State(StateName.INVALID, frozenset({Cause.HARD}), T0)
    assert advice(Life("a@b.example", stopped)).reasons[0].code == "cause.hard"


def test_it_rests_on_what_replays_have_made_of_the_reports() -> None:
    """A mail that was delivered and came back is no sign of life, though a replay alone knows that it did."""
    read = event(EventKind.UNDERSTOOD, 0, UNKNOWN)._replace(outcome=of_understood(b"b" * 16, T0), send=7)
    sent = Send(7, "acme", "a@b.example", MailKind.MAILING, T0 - DAY, delivered_at=T0 - DAY)
    assert advice(life(read, sends=(sent,))).verdict is Verdict.ASK_BACK
    judged = event(EventKind.REJUDGED, 9, FULL)
    judged = judged._replace(outcome=of_bounce(bounce(0, UNKNOWN).id, EventKind.BOUNCE))
    told = advice(life(bounce(0, UNKNOWN), judged), day=14)
    assert (told.verdict, told.reasons[0].code) == (Verdict.APPROVE, "later")
    opened = {Sign.OPEN: T0 + DAY}
    assert [each.after_bounce for each in against(opened, [read])] == [True]
