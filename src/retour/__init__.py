"""Retour: bounce management. The library's door; it needs the standard library alone.

    >>> import retour
    >>> judged = retour.judge(b"Subject: Undelivered Mail Returned to Sender\n...")
    >>> report, verdict = retour.judge_reply("550 5.1.1 <ann@b.example>: User unknown")
    >>> verdict.reason
    <Reason.ADDRESS_UNKNOWN: 'address_unknown'>

`judge` parses and classifies a mail, `judge_reply` one server's words, `explain` shows the outcome as the
object of `retour explain --json`; `rules` makes a classifier that tries files of your own before ours, for
`judge(raw, rules=…)` and `judge_reply(line, rules=…)`; `fold` and `decide` are the life of an address,
`simulate` plays a scenario. `Gate` answers "may I send?" out of the data directory of a server on this
machine; `retour.client` asks a server anywhere.
The steps by themselves are in the rooms of the same name: `retour.parse.parse`, `retour.classify.classify`.
Each name is loaded when it is first asked for, so that one use does not pay for the others.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retour.flow.judge import explained as explain
    from retour.flow.judge import judge, judge_reply
    from retour.flow.own_rules import rules
    from retour.gate import Gate
    from retour.lifecycle.decide import decide
    from retour.lifecycle.fold import fold
    from retour.lifecycle.presets import preset
    from retour.lifecycle.scenario import read_scenario
    from retour.lifecycle.simulate import simulate

_ROOMS = {
    "Gate": "retour.gate",
    "decide": "retour.lifecycle",
    "explain": "retour.flow.judge",
    "fold": "retour.lifecycle",
    "judge": "retour.flow.judge",
    "judge_reply": "retour.flow.judge",
    "preset": "retour.lifecycle",
    "read_scenario": "retour.lifecycle.scenario",
    "rules": "retour.flow.own_rules",
    "simulate": "retour.lifecycle.simulate",
}

__all__ = [
    "Gate",
    "decide",
    "explain",
    "fold",
    "judge",
    "judge_reply",
    "preset",
    "read_scenario",
    "rules",
    "simulate",
]


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module 'retour' has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), "explained" if name == "explain" else name)
