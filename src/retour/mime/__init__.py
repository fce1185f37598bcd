"""Bytes → parts: a bounded, lenient scanner for hostile mail. Never raises, never slower than linear.

`scan(raw)` gives a `Mail`: its header `Block`, its `Part`s in order and the defects met on the way.
Wanted headers are found by name on a lowered copy; nobody walks header lines. The limits (and what
happens beyond them) stand in `limits.py`.
"""

from retour.mime.headers import Block
from retour.mime.scan import Mail, Part, scan

__all__ = ["Block", "Mail", "Part", "scan"]
