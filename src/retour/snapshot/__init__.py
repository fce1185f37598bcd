"""The suppression table of a gate: in process, decided on write, looked up on read (promise 4)."""

from retour.snapshot.table import Table

__all__ = ["Table"]
