"""Bodies of the bus: what carries changes from the worker to the gates."""

from retour.bus.local import LocalBus

__all__ = ["LocalBus"]
