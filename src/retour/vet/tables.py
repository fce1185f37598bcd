"""The tables that a check looks things up in: read once, when first asked for."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """One of this room's tables, by its name without ".toml"."""
    return tomllib.loads(files("retour.vet").joinpath(f"tables/{name}.toml").read_text("utf-8"))


@cache
def _tlds() -> frozenset[str]:
    return frozenset(table("tlds")["names"].split())


@cache
def _dotted() -> frozenset[str]:
    return frozenset(name for entry in table("special")["dots"] for name in entry["names"])


@cache
def _plain() -> frozenset[str]:
    return frozenset(table("special")["plain"]["names"])


@cache
def unmistakable_names() -> tuple[str, ...]:
    """The providers that a text may end with which means a mailbox there, though it has no @."""
    names = [name for entry in table("special")["unmistakable"] for name in entry["names"]]
    return tuple(sorted(names, key=len, reverse=True))  # the first that a text ends with is the longest


@cache
def _special() -> frozenset[str]:
    return frozenset(name for entry in table("special")["use"] for name in entry["names"])


def tld_known(label: str) -> bool:
    """Whether the root zone has this top-level domain, as of the table's date."""
    return label in _tlds()


def tlds() -> frozenset[str]:
    """All top-level domains of the root zone, as A-labels, as of the table's date."""
    return _tlds()


def special_use(name: str) -> bool:
    """Whether a name, or one above it, is kept for something else than mail between strangers."""
    names = _special()
    while name:
        if name in names:
            return True
        name = name.partition(".")[2]
    return False


def gives_dots(domain: str) -> bool:
    """Whether a provider gave out addresses with dots in a row, or before the @."""
    return domain in _dotted()


def refused_signs(domain: str) -> str:
    """The signs of RFC 5322 §3.2.3 that no mailbox of a provider has before its first "+"; "" for others.

    Where there are such signs, there are no letters beyond ASCII either.
    """
    return signs_refused() if domain in _plain() else ""


@cache
def signs_refused() -> str:
    """Those of all such providers."""
    signs: str = table("special")["plain"]["signs"]
    return signs


def unmistakable(text: str) -> str:
    """The provider that a text ends with which means a mailbox there, though it has no @; "" for none."""
    small = text.lower()
    if not small.endswith(unmistakable_names()):
        return ""
    return next(name for name in unmistakable_names() if small.endswith(name))
