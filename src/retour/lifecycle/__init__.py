"""The life of an address: a state machine as one table, played over its events under a policy."""

from retour.lifecycle.policy import Counting, Mode, Policy, PolicyVersion, TypeRule

__all__ = ["Counting", "Mode", "Policy", "PolicyVersion", "TypeRule"]
