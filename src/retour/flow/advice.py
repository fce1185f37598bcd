"""What to do: one sentence, who must act, what happens if one insists, and letters ready to send (N8).

Told in the reader's language. The sentences stand in texts/, which letter fits a reason in letters.toml.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from functools import cache
from importlib import resources

from retour.address import domain_of
from retour.flow.days import day_in
from retour.flow.why import is_greylisted, telling
from retour.instants import Instant
from retour.model import Event, EventKind, Reason, State, StateName
from retour.ports import Life
from retour.texts import catalogue

_LONGEST = 400  # characters of the server's words in a letter


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter ready to send."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Advice:
    """`what` is the matter, `who` must act, what to `do`, what happens if one insists (`insist`).

    `contact` is to be sent by another way than the address; None where there is nothing that he could do.
    """

    about: str  # the reason, or the state: "invalid" by its cause
    what: str
    who: str
    do: str
    insist: str
    contact: Letter | None = None
    postmaster: Letter | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What the letters name. The words are the server's, as it said them."""

    address: str
    sender: str
    words: str = ""
    day: str = ""  # of the bounce, as people write it


def on_reason(reason: Reason, language: str, case: Case | None = None) -> Advice:
    """Advice on a reason; the letters have their blanks left as {words} without a case."""
    say, more = catalogue(language), catalogue(f"advice.{language}")
    found = _written("reason", reason.value, language, case)
    return Advice(
        reason.value,
        say(f"reason.{reason}.what"),
        say(f"who.{say(f'reason.{reason}.who')}"),
        say(f"reason.{reason}.advice"),
        more(f"insist.{reason}"),
        found.get("contact"),
        found.get("postmaster"),
    )


def on_state(state: State, language: str, case: Case | None = None) -> Advice:
    """Advice on the state of an address: on the cause where it is invalid. Most letters come with bounces."""
    about = about_state(state)
    say, more = catalogue(language), catalogue(f"advice.{language}")
    told = (more(f"state.{about}.{key}") for key in ("what", "do", "insist"))
    what, do, insist = told
    found = _written("state", about, language, case)
    who = say(f"who.{more(f'state.{about}.who')}")
    return Advice(about, what, who, do, insist, found.get("contact"), found.get("postmaster"))


def about_state(state: State) -> str:
    """The name under which a state is advised on."""
    if state.state is StateName.INVALID and state.cause is not None:
        return state.cause.value
    if state.unsubscribed:
        return "unsubscribed"
    if state.state is StateName.HELD:
        return "incident" if state.listed else "correction"
    return state.state.value


def on_life(
    life: Life, language: str, sender: str, day: Callable[[Instant], str] | None = None
) -> tuple[Advice, Advice | None]:
    """Advice on an address: on its state, and on the bounce that tells most; None without one.

    `day` writes the days in letters; without it they are those of UTC.
    """
    bounce = telling(_standing(life), life.state)
    on_bounce = None
    if bounce is not None and bounce.reason is not None:
        said = bounce.evidence.report.diagnostic if bounce.evidence is not None else None
        written = (day or day_in(language, UTC))(bounce.at)
        case = Case(life.address, sender, said or bounce.status or "", written)
        on_bounce = on_reason(bounce.reason, language, case)
        if is_greylisted(bounce):
            more = catalogue(f"advice.{language}")
            on_bounce = replace(on_bounce, what=more("greylisted.what"), do=more("greylisted.do"))
    return on_state(life.state, language, Case(life.address, sender)), on_bounce


def _standing(life: Life) -> Sequence[Event]:
    """What has not been forgiven: to whom was given back, the bounces before that say nothing any more."""
    if life.state.state is not StateName.VALID:
        return life.events
    restored = [event.at for event in life.events if event.kind is EventKind.RESTORE]
    return [event for event in life.events if not restored or event.at > max(restored)]


def _blanks(case: Case | None) -> Mapping[str, str]:
    if case is None:
        return {name: f"{{{name}}}" for name in ("address", "domain", "date", "words", "sender")}
    return {
        "address": case.address,
        "domain": domain_of(case.address),
        "date": case.day or "…",
        "words": " ".join(case.words.split())[:_LONGEST] or "…",
        "sender": case.sender,
    }


def _written(of: str, name: str, language: str, case: Case | None) -> Mapping[str, Letter]:
    """The letters that fit a "reason" or a "state", by whom they go to."""
    more, blanks = catalogue(f"advice.{language}"), _blanks(case)
    return {
        to: Letter(
            more(f"{to}.{letter}.subject", **blanks).strip(),
            more(f"{to}.{letter}.text", **blanks).strip() + "\n",
        )
        for to, letter in _letters()[of].get(name, {}).items()
    }


@cache
def _letters() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """For each reason, and for some states, the names of the letters by whom they go to."""
    told: Mapping[str, Mapping[str, Mapping[str, str]]] = tomllib.loads(
        resources.files("retour.flow").joinpath("letters.toml").read_text("utf-8")
    )
    return told
