"""The life of an address: a state machine as one table, played over its events under a policy."""

from retour.lifecycle.counters import Bounce, stops_at_once
from retour.lifecycle.decide import decide, for_all, spared
from retour.lifecycle.fold import fold, judged, told, type_of
from retour.lifecycle.incidents import reverted
from retour.lifecycle.judgements import as_judged
from retour.lifecycle.policy import (
    Counting,
    Mode,
    Policy,
    PolicyError,
    PolicyVersion,
    Span,
    TypeRule,
    ignoring,
)
from retour.lifecycle.presets import policy_from, policy_to_dict, preset, preset_names

__all__ = [
    "Bounce",
    "Counting",
    "Mode",
    "Policy",
    "PolicyError",
    "PolicyVersion",
    "Span",
    "TypeRule",
    "as_judged",
    "decide",
    "fold",
    "for_all",
    "ignoring",
    "judged",
    "policy_from",
    "policy_to_dict",
    "preset",
    "preset_names",
    "reverted",
    "spared",
    "stops_at_once",
    "told",
    "type_of",
]
