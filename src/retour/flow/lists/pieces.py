"""Elements of a JSON document, one at a time: a list of ten million addresses takes the memory of one."""

import codecs
import json
from collections.abc import Iterator
from typing import IO, Any

from retour.flow.lists.row import LONGEST, Defect, Element

_PIECE = 64 * 1024
_SPACE = " \t\r\n"
_decode = json.JSONDecoder().raw_decode


class BrokenError(Exception):
    """The document ends to make sense; the rest of it was not read."""

    def __init__(self, line: int, code: str = "broken") -> None:
        super().__init__(code)
        self.line, self.code = line, code


def elements(file: IO[bytes], name: str | None) -> Iterator[Element | Defect]:
    """The objects of the array under `name`, or of a bare array; of one document after the other.

    Pages that were fetched one by one may so stand in one file. Raises BrokenError.
    """
    text = _Text(file)
    if not text.sign():
        return
    while sign := text.sign():
        if sign == "[":
            yield from _array(text)
        elif sign == "{" and name is not None:
            yield from _object(text, name)
        else:
            raise BrokenError(text.line)


def lines(file: IO[bytes]) -> Iterator[Element | Defect]:
    """JSONL: an object a line; a line that is none is a defect, and the next is read."""
    number = 0
    while raw := file.readline(LONGEST + 1):
        number += 1
        if len(raw) > LONGEST and not raw.endswith(b"\n"):
            yield Defect(number, "too_long")
            while raw and not raw.endswith(b"\n"):
                raw = file.readline(_PIECE)
            continue
        if not raw.strip():
            continue
        try:
            value = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"))
        except (ValueError, RecursionError):
            yield Defect.of(number, "no_json", raw[:80].decode("utf-8", "replace").strip())
            continue
        yield (number, value) if isinstance(value, dict) else Defect(number, "no_object")


def _object(text: "_Text", name: str) -> Iterator[Element | Defect]:
    text.take("{")
    while text.sign() != "}":
        key = text.value()
        text.take(":")
        if key == name and text.sign() == "[":
            yield from _array(text)
        else:
            text.value()
        if text.sign() == ",":
            text.take(",")
    text.take("}")


def _array(text: "_Text") -> Iterator[Element | Defect]:
    text.take("[")
    while text.sign() != "]":
        line = text.line
        value = text.value()
        yield (line, value) if isinstance(value, dict) else Defect(line, "no_object")
        if text.sign() == ",":
            text.take(",")
    text.take("]")


class _Text:
    """The document as far as it is read: never more than one element and a piece."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._text = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self._held, self._at, self._ended = "", 0, False
        self.line = 1

    def sign(self) -> str:
        """The next sign that is no space; empty at the end."""
        while True:
            held = self._held
            while self._at < len(held) and held[self._at] in _SPACE:
                self.line += held[self._at] == "\n"
                self._at += 1
            if self._at < len(held):
                return held[self._at]
            if not self._more():
                return ""

    def take(self, sign: str) -> None:
        """Go beyond a sign that has to stand here. Raises BrokenError."""
        if self.sign() != sign:
            raise BrokenError(self.line)
        self._at += 1

    def value(self) -> Any:
        """The value that begins here. Raises BrokenError."""
        if not self.sign():
            raise BrokenError(self.line, "cut")
        while True:
            try:
                value, end = _decode(self._held, self._at)
            except RecursionError as error:
                raise BrokenError(self.line) from error
            except ValueError as error:
                if len(self._held) - self._at > LONGEST or not self._more():
                    raise BrokenError(self.line, "cut" if self._ended else "broken") from error
                continue
            if end < len(self._held) or not self._more():  # a number may go on in the next piece
                self.line += self._held.count("\n", self._at, end)
                self._at = end
                return value

    def _more(self) -> bool:
        raw = b"" if self._ended else self._file.read(_PIECE)
        self._ended = not raw
        self._held = self._held[self._at :] + self._text.decode(raw, self._ended)
        self._at = 0
        return not self._ended
