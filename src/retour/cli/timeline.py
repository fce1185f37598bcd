"""A played scenario as a table that a person likes to read."""

from collections.abc import Iterator, Sequence

from retour.cli.terminal import safe
from retour.instants import Instant, to_datetime
from retour.lifecycle.simulate import Played
from retour.lifecycle.wording import say

_RIGHT = ("hard", "soft", "block")  # numbers
_COLUMNS = ("time", "event", "state", *_RIGHT, "mailing", "system", "remarks")


def timeline(played: Sequence[Played], lang: str) -> Iterator[str]:
    """The lines of the table, then whether the expectations hold, and which do not."""
    heads = ["", *(say(f"simulate.{column}", lang) for column in _COLUMNS)]
    rows = [heads, *(_row(step, lang) for step in played)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, ("", *_COLUMNS), strict=True)
        yield "  ".join(_aligned(*cell) for cell in cells).rstrip()
    failed = list(differences(played, lang))
    counted = {
        "steps": _counted("step", len(played), lang),
        "expected": _counted("expectation", sum(len(step.step.expect) for step in played), lang),
    }
    if failed:
        yield say("simulate.some_fail", lang, **counted, failed=len(failed))
    else:
        yield say("simulate.all_hold", lang, **counted)
    yield from (f"  {line}" for line in failed)


def differences(played: Sequence[Played], lang: str) -> Iterator[str]:
    """A line for each expectation that does not hold: what should be, what is."""
    for step in played:
        for key, (expected, got) in step.differences.items():
            words = {"expected": _plain(expected, lang), "got": _plain(got, lang)}
            yield say("simulate.difference", lang, step=step.step.number, key=key, **words)


def _counted(what: str, count: int, lang: str) -> str:
    return say(f"simulate.{what}.{'one' if count == 1 else 'many'}", lang, count=count)


def _aligned(cell: str, width: int, column: str) -> str:
    return cell.rjust(width) if column in ("", *_RIGHT) else cell.ljust(width)


def _row(played: Played, lang: str) -> list[str]:
    step, shown = played.step, played.shown
    return [
        str(step.number),
        _clock(step.place.at),
        safe(" ".join([say(f"event.{step.event}", lang), *step.details])),
        say(f"state.{shown['state']}", lang),
        *(str(shown[column]) for column in _RIGHT),
        say(f"decision.{shown['decision']}", lang),
        say(f"decision.{shown['decision_system']}", lang),
        ", ".join(_remarks(played, lang)),
    ]


def _remarks(played: Played, lang: str) -> Iterator[str]:
    state = played.state
    if state.cause and state.since is not None:
        yield say("simulate.since", lang, cause=say(f"cause.{state.cause}", lang), since=_clock(state.since))
    if state.until is not None:
        yield say("simulate.until", lang, until=_clock(state.until))
    if state.reactivations:
        yield say("simulate.reactivations", lang, count=state.reactivations)
    for reason, count in state.reasons.items():
        if count:
            yield say("simulate.counter", lang, reason=reason.value, count=count)
    if played.step.expect:
        yield say("simulate.fails" if played.differences else "simulate.holds", lang)


def _clock(instant: Instant) -> str:
    """To the minute, unless more was said."""
    moment = to_datetime(instant).replace(tzinfo=None)
    whole = not (moment.second or moment.microsecond)
    return moment.isoformat(" ", timespec="minutes" if whole else "auto")


def _plain(value: object, lang: str) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {count}" for key, count in value.items()) or say("simulate.nothing", lang)
    return say("simulate.nothing", lang) if value is None else str(value)
