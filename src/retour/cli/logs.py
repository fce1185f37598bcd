"""Logs of mail servers out of paths: what each tells, shown as the object of the contract."""

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retour import instants
from retour.cli.lines import standard_input
from retour.cli.messages import PACKED, UNREADABLE, Message, Missing
from retour.flow.judge import explained, judged
from retour.inlets.mailboxes import STANDARD_INPUT
from retour.parse.logs import Entry, read_log

if TYPE_CHECKING:
    from retour.classify import Classifier
    from retour.lifecycle import Policy

_BLOCK = 256 * 1024
_ZSTD = b"\x28\xb5\x2f\xfd"  # RFC 8878 §3.1.1


def entries(name: str, path: str) -> Iterator[Entry | Message | Missing]:
    """The entries of one log file; of a rotated one that gzip has packed, too. `-` is standard input."""
    place = Path(path)
    try:
        if path == STANDARD_INPUT:
            yield from read_log(name, _blocks(standard_input()))
        elif not path or not place.exists():
            yield Missing(path)
        elif _is_zstd(place):
            yield Message(path, b"", (PACKED,))
        else:
            with gzip.open(place) if place.suffix == ".gz" else place.open("rb") as stream:
                yield from read_log(name, _blocks(stream))
    except (OSError, EOFError, zlib.error) as error:
        yield Message(path, b"", (UNREADABLE,), getattr(error, "strerror", None) or str(error))


def _is_zstd(place: Path) -> bool:
    """Whether a file is packed as KumoMTA packs its log, which Python's own library cannot unpack."""
    with place.open("rb") as stream:
        return stream.read(4) == _ZSTD


def _blocks(stream: Any) -> Iterable[bytes]:
    return iter(lambda: stream.read(_BLOCK), b"")


def explained_entry(source: str, entry: Entry, policy: "Policy", rules: "Classifier") -> Mapping[str, Any]:
    """The object of the contract (docs/json.md) for one entry of a log."""
    shown = explained(source, judged(entry.reading, rules), policy)
    told: dict[str, Any] = {
        "event_id": entry.id,
        "time": None if entry.at is None else instants.text(entry.at),
        "tags": [],
        "metadata": {"host": entry.host, "logged_at": entry.logged_at},
    }
    named = {"message_id": shown["message_id"], **told}
    return {
        **shown,
        "reports": [{**report, **named} for report in shown["reports"]],
        **told,
        "queue_id": entry.queue_id,
        "sender": entry.sender,
    }
