"""API keys: `rk_` and 256 random bits. Only the SHA-256 digest is kept.

A slow hash guards secrets that can be guessed; this one cannot.
"""

from hashlib import sha256
from secrets import token_urlsafe

PREFIX = "rk_"


def new() -> str:
    """A fresh key, to be shown once."""
    return PREFIX + token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is kept of a key, and what it is found by."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()
