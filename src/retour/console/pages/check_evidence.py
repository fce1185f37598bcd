"""What speaks for the reasons of a checked row, in words: what, by whose word, when, until when."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from retour.console.days import long
from retour.console.pages.shown import shown as visible
from retour.texts import Catalogue

# As flow.listcheck.judge writes it: code=answer by somebody at a moment until a moment, parted by " / ".
_SPEAKS = re.compile(
    r"(?P<code>\w+)=(?P<answer>\w+) by (?P<source>.+?)(?: at (?P<at>\S+))?(?: until (?P<until>\S+))?"
)
_OWN = ("own ledger", "own deliveries", "retour typos")
_MIDNIGHT = "T00:00:00+00:00"
_LIST, _DNS = "retour ", "dns "


def speaking(evidence: str, vet: Catalogue, say: Catalogue) -> list[dict[str, Any]]:
    """One entry a reason; what is written otherwise stands as it is."""
    return [_entry(part, vet, say) for part in evidence.split(" / ") if part]


def unspoken(reasons: Sequence[str], spoken: Sequence[Mapping[str, Any]]) -> list[str]:
    """The reasons for which no entry speaks: an entry names its own, and nothing stands twice on a row."""
    named = {each["code"] for each in spoken}
    return [code for code in reasons if code not in named]


def _entry(part: str, vet: Catalogue, say: Catalogue) -> dict[str, Any]:
    found = _SPEAKS.fullmatch(part)
    if found is None or f"code.{found['code']}" not in vet:
        return {"code": None, "told": visible(part), "day": None, "at": None, "until": None}
    told = say(
        "evidence.unsure" if found["answer"] == "unknown" else "evidence.sure",
        what=vet(f"code.{found['code']}"),
        source=_source(found["source"], say),
    )
    at, language = found["at"], say.language.rpartition(".")[2]
    is_day = found["until"] is None and at is not None and at.endswith(_MIDNIGHT)  # as lists are dated
    day = long(datetime.fromisoformat(at).date(), language) if is_day else None
    return {"code": found["code"], "told": told, "day": day, "at": at, "until": found["until"]}


def _source(name: str, say: Catalogue) -> str:
    if name in _OWN:
        return say(f"evidence.{name.replace(' ', '_')}")
    if name.startswith(_LIST):
        return say("evidence.list", name=visible(name.removeprefix(_LIST)))
    if name.startswith(_DNS):
        return say("evidence.dns", name=visible(name.removeprefix(_DNS)))
    return visible(name)
