"""State → decision: what a policy answers to "may I send?", and why."""

from retour.instants import Instant
from retour.lifecycle.policy import Mode, Policy
from retour.model import Answer, Cause, Decision, MailKind, State, StateName

_ONLY_COMPLAINT = frozenset({Cause.COMPLAINT})


def decide(state: State, policy: Policy, kind: MailKind, address: str = "") -> Decision:
    """May mail of this kind go to this (normalised) address? `policy` is the one in force now.

    Under `never_stop` and `observe` the answer is always SEND; `would_be` then says what it would have been,
    and `why` keeps the reason: "never_stop" names the setting, under `observe` it is that of `would_be`.
    """
    decision = _decided(state, policy, kind)
    if address and spared(address, policy):
        return Decision(Answer.SEND, "never_stop", would_be=decision.answer)
    if policy.mode is Mode.OBSERVE:
        return Decision(Answer.SEND, decision.why, would_be=decision.answer)
    return decision


def for_all(state: State, since: Instant | None = None) -> State:
    """The state under a stop of the whole platform (rule 11); `since` is when that began.

    It lies over the state and is no part of it: nobody's events say so, and it goes as it came.
    """
    return state._replace(
        state=StateName.INVALID,
        causes=state.causes | {Cause.PLATFORM},
        since=since if state.since is None else state.since,
        until=None,
    )


def spared(address: str, policy: Policy) -> bool:
    """Whether `never_stop` names the address or its domain."""
    return address in policy.never_stop or address.rpartition("@")[2] in policy.never_stop


def _decided(state: State, policy: Policy, kind: MailKind) -> Decision:
    unsubscribed = state.unsubscribed and kind is not MailKind.SYSTEM
    if state.state is StateName.INVALID and not _system_may(state, policy, kind):
        until = None if unsubscribed else state.until  # the unsubscribe would outlast the reset
        return Decision(Answer.STOP, state.cause.value if state.cause else "", until)
    if unsubscribed:
        return Decision(Answer.STOP, "unsubscribed")
    if state.state is StateName.HELD:
        # A corrected address starts without history: held without a bounce, it waits for its confirmation.
        return Decision(Answer.HOLD, "incident" if state.listed else "correction", state.until)
    return Decision(Answer.SEND)


def _system_may(state: State, policy: Policy, kind: MailKind) -> bool:
    """Receipts and passwords go on to whoever only complained about marketing."""
    marketing_only = policy.complaint_stops == "marketing" and state.causes == _ONLY_COMPLAINT
    return kind is MailKind.SYSTEM and marketing_only
