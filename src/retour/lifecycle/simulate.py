"""`what would have happened`: a scenario played on the real state machine, step by step."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from retour.instants import Instant, text
from retour.lifecycle.decide import decide
from retour.lifecycle.fold import later, play
from retour.lifecycle.policy import Policy
from retour.lifecycle.scenario import Scenario, Step
from retour.lifecycle.seen import seen
from retour.model import MailKind, State


@dataclass(frozen=True, slots=True)
class Played:
    """A step, the state right after it, and the policy in force then."""

    step: Step
    state: State
    policy: Policy

    @property
    def shown(self) -> dict[str, Any]:
        """The object of the contract: what can be printed and expected, in that order; moments as text."""
        state = self.state
        return {
            "step": self.step.number,
            "at": text(self.step.place.at),
            "event": self.step.event,
            "state": state.state.value,
            "cause": state.cause.value if state.cause else None,
            "since": _moment(state.since),
            "until": _moment(state.until),
            "soft": state.soft,
            "hard": state.hard,
            "block": state.block,
            "reasons": {reason.value: count for reason, count in state.reasons.items()},
            "reactivations": state.reactivations,
            "decision": decide(state, self.policy, MailKind.MAILING).answer.value,
            "decision_system": decide(state, self.policy, MailKind.SYSTEM).answer.value,
        }

    @property
    def differences(self) -> Mapping[str, tuple[Any, Any]]:
        """Key → (expected, got) of every `expect` that does not hold; empty when all hold."""
        got = self.shown
        wanted = {
            key: _moment(value) if key in ("at", "since", "until") else value
            for key, value in self.step.expect.items()
        }
        return {key: (value, got[key]) for key, value in wanted.items() if value != got[key]}


def simulate(scenario: Scenario) -> Iterator[Played]:
    """The steps in the order played, each with the state right after it, given the whole scenario."""
    events, life = scenario.events, None
    for step in scenario.steps:
        if life is None:
            life = play(events, scenario.policies, (), step.place)
        else:
            life = later(life, events, scenario.policies, (), step.place)
        yield Played(step, seen(life, step.place.at), life.policy)


def _moment(instant: Instant | None) -> str | None:
    return None if instant is None else text(instant)
