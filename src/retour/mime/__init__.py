"""Bytes → parts: a bounded, lenient scanner for hostile mail. Never raises, never slower than linear.

`scan(raw)` gives a `Mail`: its header `Block`, its `Part`s in order and the defects met on the way.
The fields of a header block are found by one pattern; nobody walks header lines. The limits (and what
happens beyond them) stand in `limits.py`.
"""

from retour.mime.headers import Block
from retour.mime.scan import Mail, Part, scan

__all__ = ["Block", "Mail", "Part", "scan"]
