"""What Retour judges by, and how long it keeps what."""

from pathlib import Path
from typing import Annotated

from pydantic import (
    Field,
)

from retour.settings.section import Section


class Rules(Section):
    """An operator's own rules, tried before ours (docs/rules.md)."""

    files: tuple[Path, ...] = ()


class Retention(Section):
    """How long what is kept."""

    raw_days: Annotated[int, Field(ge=1, le=400)] = 14
    unparsed_days: Annotated[int, Field(ge=0, le=3650)] = 180


class ListCheck(Section):
    """The check of lists before they are imported (docs/list-check.md)."""

    resolver: Annotated[str, Field(pattern=r"^[0-9A-Za-z:.\[\]]{0,60}$")] = ""
    at_once: Annotated[int, Field(ge=1, le=5000)] = 400
    keep_days: Annotated[int, Field(ge=0, le=90)] = 30
    validators: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")], ...] = ()


class Waves(Section):
    """How many addresses are given back or stopped at once."""

    four_eyes: bool = True
