"""State and policy → decision, for each kind of mail."""

from itertools import product

import pytest

from retour.lifecycle import decide, policy_from, preset
from retour.model import Answer, Cause, Decision, MailKind, State, StateName

DEFAULT = preset("default")
MAILING, AUTOMATION, SYSTEM = MailKind
SEND, HOLD, STOP = Answer

BOUNCING = State(state=StateName.BOUNCING, soft=1, listed=1)
HARD = State(state=StateName.INVALID, causes=frozenset({Cause.HARD}), since=1, listed=1)
SOFT = State(state=StateName.INVALID, causes=frozenset({Cause.SOFT}), since=1, until=9, listed=4)
COMPLAINT = State(state=StateName.INVALID, causes=frozenset({Cause.COMPLAINT}), since=1)
HELD = State(state=StateName.HELD, listed=1)


@pytest.mark.parametrize(
    ("state", "mailing", "automation", "system", "why"),
    [
        (State(), SEND, SEND, SEND, ""),
        (BOUNCING, SEND, SEND, SEND, ""),
        (HARD, STOP, STOP, STOP, "hard"),
        (SOFT, STOP, STOP, STOP, "soft"),
        (COMPLAINT, STOP, STOP, SEND, "complaint"),
        (COMPLAINT._replace(causes=frozenset({Cause.COMPLAINT, Cause.SOFT})), STOP, STOP, STOP, "complaint"),
        (HELD, HOLD, HOLD, HOLD, "incident"),
        (HELD._replace(listed=0), HOLD, HOLD, HOLD, "correction"),
        (State(unsubscribed=True), STOP, STOP, SEND, "unsubscribed"),
        (HELD._replace(unsubscribed=True), STOP, STOP, HOLD, "unsubscribed"),
        (HARD._replace(unsubscribed=True), STOP, STOP, STOP, "hard"),
        (COMPLAINT._replace(unsubscribed=True), STOP, STOP, SEND, "complaint"),
    ],
)
def test_decision_by_state_and_kind(
    state: State, mailing: Answer, automation: Answer, system: Answer, why: str
) -> None:
    answers = [decide(state, DEFAULT, kind).answer for kind in MailKind]
    assert answers == [mailing, automation, system]
    assert decide(state, DEFAULT, MAILING).why == why


def test_complaint_stops_all() -> None:
    policy = policy_from({"complaint_stops": "all"})
    assert decide(COMPLAINT, policy, SYSTEM) == Decision(STOP, "complaint")


def test_until_is_the_reset_unless_an_unsubscribe_would_outlast_it() -> None:
    assert decide(SOFT, DEFAULT, MAILING) == Decision(STOP, "soft", until=9)
    unsubscribed = SOFT._replace(unsubscribed=True)
    assert decide(unsubscribed, DEFAULT, MAILING) == Decision(STOP, "soft")
    assert decide(unsubscribed, DEFAULT, SYSTEM) == Decision(STOP, "soft", until=9)


def test_observe_sends_and_says_what_it_would_have_said() -> None:
    policy = policy_from({"mode": "observe"})
    assert decide(HARD, policy, MAILING) == Decision(SEND, "hard", would_be=STOP)
    assert decide(HELD, policy, SYSTEM) == Decision(SEND, "incident", would_be=HOLD)
    assert decide(State(), policy, MAILING) == Decision(SEND, would_be=SEND)


@pytest.mark.parametrize("entry", ["ann@b.example", "B.Example", "@b.example"])
def test_never_stop_names_an_address_or_its_domain(entry: str) -> None:
    policy = policy_from({"never_stop": [entry]})
    assert decide(HARD, policy, MAILING, "ann@b.example") == Decision(SEND, "never_stop", would_be=STOP)
    assert decide(HARD, policy, MAILING, "ann@sub.b.example").answer is STOP
    assert decide(HARD, policy, MAILING).answer is STOP


def test_whatever_the_state_observing_never_stops_and_enforcing_never_hides() -> None:
    states = [State(), BOUNCING, HARD, SOFT, COMPLAINT, HELD, SOFT._replace(unsubscribed=True)]
    observing = policy_from({"mode": "observe"})
    for state, kind in product(states, MailKind):
        enforced, observed = decide(state, DEFAULT, kind), decide(state, observing, kind)
        assert (observed.answer, observed.would_be, observed.why) == (SEND, enforced.answer, enforced.why)
        assert enforced.would_be is None
        assert bool(enforced.why) == (enforced.answer is not SEND)
