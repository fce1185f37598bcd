"""Validators of others, as plug-ins: a package names a class in the entry points `retour.list_validators`.

What they say is one opinion more: it questions a row and never drops one. Their words are those of the
services that there are (listcheck.md §11); whoever says something else, or nothing, or fails, has not known.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import entry_points
from itertools import islice
from pathlib import Path
from typing import Protocol

from retour.address import mailbox
from retour.flow.listcheck.alive import Alive, beating, unheard
from retour.flow.listcheck.source import Source
from retour.vet import Answer, Code, Evidence, Finding

GROUP = "retour.list_validators"
ANSWERS = "external.jsonl"  # what was said, as it was used: nobody pays twice for a check that goes on
AT_ONCE = 500  # addresses in one question
_GOOD = ("valid", "deliverable", "safe", "verified", "ok")
_CODES: Mapping[str, Code] = {
    **dict.fromkeys(("invalid", "undeliverable", "unreachable", "mailbox_not_found"), Code.EXT_NO),
    **dict.fromkeys(("risky", "do_not_send", "do_not_mail"), Code.EXT_RISKY),
    **dict.fromkeys(("catch-all", "catchall", "accept_all"), Code.EXT_RISKY),
    **dict.fromkeys(("disposable", "spamtrap", "abuse", "illegitimate"), Code.EXT_RISKY),
}
_FAILED = "failed: "  # begins what stands there of a plug-in that raised something; its kind follows
_ANSWERS = {Code.EXT_NO: Answer.NO, Code.EXT_RISKY: Answer.UNKNOWN, Code.EXT_UNKNOWN: Answer.UNKNOWN}


class Validator(Protocol):
    """What a plug-in is; its class is called without arguments."""

    name: str

    def validate(self, addresses: Sequence[str]) -> Mapping[str, str]:
        """A word for each address; those left out are not known. May raise anything: then none is known."""


class BrokenValidatorError(Exception):
    """A plug-in that is installed and cannot be made; the message is the kind of its fault, and its words."""


def validator(name: str) -> Validator | None:
    """The plug-in of this name; None when none is installed. Raises BrokenValidatorError."""
    for found in entry_points(group=GROUP, name=name):
        try:
            made: Validator = found.load()()
            made.name  # noqa: B018 - one without would end the check later
        except Exception as fault:  # the code of others: it may raise anything
            raise BrokenValidatorError(f"{type(fault).__name__}: {fault}") from fault
        return made
    return None


def asked(
    who: Validator, source: Source, out: Path, at: datetime, alive: Alive = unheard
) -> dict[str, tuple[Finding, ...]]:
    """What a validator says of the addresses of a list, by mailbox; nothing where all is well."""
    path = out / ANSWERS
    words = dict(_kept(path))
    wanted = (address for address in map(mailbox, beating(source.addresses(), alive)) if address not in words)
    while batch := list(dict.fromkeys(islice(wanted, AT_ONCE))):
        told = _told(who, batch)
        words |= told
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")
    return {address: (_finding(who.name, word, at),) for address, word in words.items() if word not in _GOOD}


def _told(who: Validator, batch: Sequence[str]) -> dict[str, str]:
    try:
        said = who.validate(batch)
        return {address: str(said.get(address, "unknown")).lower() for address in batch}
    except Exception as fault:  # the code of others: whatever ails it, the list is checked without it
        return dict.fromkeys(batch, f"{_FAILED}{type(fault).__name__}")


def _finding(name: str, word: str, at: datetime) -> Finding:
    code = _CODES.get(word, Code.EXT_UNKNOWN)
    source = f"{name} ({word})" if word.startswith(_FAILED) else name
    return Finding(code, Evidence("external", _ANSWERS[code], source, at))


def _kept(path: Path) -> Iterator[tuple[str, str]]:
    if path.exists():
        for line in path.read_text("utf-8").splitlines():
            yield from json.loads(line).items()
