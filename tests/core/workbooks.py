"""Workbooks as spreadsheets write them, made by hand: the parts of ECMA-376 that hold cells, no others."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_WORKBOOK = (
    '<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/'
    '2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
)


def workbook(sheets: Mapping[str, Sequence[Sequence[str]]], inline: bool = False, prefix: str = "") -> bytes:
    """A workbook with these sheets; texts inline, or shared as Excel keeps them."""
    strings: dict[str, int] = {}
    parts: dict[str, str] = {}
    names, relations = "", ""
    for number, (name, rows) in enumerate(sheets.items(), start=1):
        names += f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>'
        relations += f'<Relationship Id="rId{number}" Target="worksheets/sheet{number}.xml" Type="t"/>'
        parts[f"xl/worksheets/sheet{number}.xml"] = sheet(rows, None if inline else strings, prefix)
    parts["xl/workbook.xml"] = f"{_WORKBOOK}{names}</sheets></workbook>"
    parts["xl/_rels/workbook.xml.rels"] = f"<Relationships>{relations}</Relationships>"
    items = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
    parts["xl/sharedStrings.xml"] = f"<sst>{items}</sst>"
    return packed(parts)


def sheet(rows: Sequence[Sequence[str]], strings: dict[str, int] | None, prefix: str = "") -> str:
    """One sheet; empty cells are left out, as Excel leaves them out."""
    p = f"{prefix}:" if prefix else ""
    body = ""
    for number, row in enumerate(rows, start=1):
        cells = ""
        for column, text in enumerate(row):
            place = f"{chr(65 + column)}{number}"
            if text and strings is None:
                cells += f'<{p}c r="{place}" t="inlineStr"><{p}is><{p}t>{escape(text)}</{p}t></{p}is></{p}c>'
            elif text and strings is not None:
                shared = strings.setdefault(text, len(strings))
                cells += f'<{p}c r="{place}" t="s"><{p}v>{shared}</{p}v></{p}c>'
        if cells:
            body += f'<{p}row r="{number}">{cells}</{p}row>'
    return f"<{p}worksheet><{p}sheetData>{body}</{p}sheetData></{p}worksheet>"


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    """The parts as an archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()
