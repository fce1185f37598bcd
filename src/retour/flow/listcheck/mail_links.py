"""Addresses that stand behind the cells of a sheet: a name that leads to `mailto:ann@b.example`.

ECMA-376 part 1, §18.3.1.47 (hyperlink) and part 2, §9.3 (relationships): the cell stands in the sheet, what
it leads to in a part beside it.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from retour.flow.listcheck.archive import (
    BrokenWorkbookError,
    Element,
    attributes,
    elements,
    plain,
    whole_part,
)

MOST = 65_530  # links that a sheet can hold
_RELATION, _LINK = Element("Relationship"), Element("hyperlink")
_CELLS = re.compile(rb"([A-Z]{1,3}\d{1,7})(?::([A-Z]{1,3}\d{1,7}))?")


def mail_links(archive: zipfile.ZipFile, part: str) -> Mapping[bytes, str]:
    """The addresses behind the cells of a sheet, by the places of the cells: b"B7"."""
    targets = _targets(archive, part)
    found: dict[bytes, str] = {}
    for head, _ in elements(archive, part, _LINK) if targets else ():
        told = attributes(head)
        address = next((targets[id] for name, id in told.items() if _is_id(name) and id in targets), "")
        cells = _CELLS.fullmatch(told.get(b"ref", b""))
        if address and cells and cells[2] in (None, cells[1]):  # a link of many cells names nobody of them
            found[cells[1]] = address
        if len(found) >= MOST:
            break
    return found


def _is_id(name: bytes) -> bool:
    return name.rpartition(b":")[2] == b"id" and b":" in name


def _targets(archive: zipfile.ZipFile, part: str) -> dict[bytes, str]:
    """The addresses that the relations of a sheet lead to, by their ids."""
    folder, name = posixpath.split(part)
    beside = f"{folder}/_rels/{name}.rels"
    if beside not in archive.namelist():
        return {}
    try:
        told = [attributes(head) for head, _ in _RELATION.all(whole_part(archive, beside))]
    except BrokenWorkbookError:  # the cells themselves can be read all the same
        return {}
    links = ((each.get(b"Id", b""), plain(each.get(b"Target", b""))) for each in told)
    return {id: address for id, target in links for address in address_of(target)}


def address_of(target: str) -> Iterator[str]:
    """Of `mailto:ann@b.example?subject=…`, RFC 6068 §2; of one to several all; nothing of another link."""
    scheme, _, rest = target.partition(":")
    address = unquote(rest.partition("?")[0]).strip()
    if scheme.lower() == "mailto" and "@" in address and not set(address) & set('<>"\r\n'):
        yield address
