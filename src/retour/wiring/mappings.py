"""Where the fields of generic posts stand: the mapping files of the settings, read at the start."""

from collections.abc import Mapping
from pathlib import Path

from retour.flow.stated import GENERIC
from retour.parse.providers.generic import OURS, Map, Wrong, map_of
from retour.settings import Webhook


class MappingError(Exception):
    """A file that is no mapping; what is wrong, and in which source."""

    def __init__(self, source: str, file: Path, wrong: Wrong) -> None:
        super().__init__(source, str(file), wrong)
        self.source, self.file, self.wrong = source, file, wrong


def mappings(sources: Mapping[str, Webhook]) -> dict[str, Map]:
    """A mapping for each generic source, by its name in arrivals. Raises MappingError."""
    return {
        f"webhooks.{name}": _read(name, chosen.mapping) if chosen.mapping else OURS
        for name, chosen in sources.items()
        if chosen.mapping or chosen.provider == GENERIC
    }


def _read(source: str, file: Path) -> Map:
    try:
        found = map_of(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        found = Wrong("mapping_no_toml", str(error))
    if isinstance(found, Wrong):
        raise MappingError(source, file, found)
    return found
