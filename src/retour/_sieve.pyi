"""What _sieve.c offers: rows of lists that need no look of their own."""

from collections.abc import Callable, Mapping, Sequence

_Told = tuple[int, bytes, bool, bool]
_Asked = tuple[
    Callable[[int, bytes], _Told | None],
    Callable[[int, int, int, int, int], _Told],
    Callable[[int, int, bytes], _Told | None],
    Callable[[bytes, bytes, bytes], int],
    Callable[[bytes], int],
    Callable[[int, int, int, int, int, bytes], tuple[int, bytes]],
    Callable[[int, bytes, bytes | None, int], tuple[int, bytes]],
    Callable[[bytes], bool] | None,
]

class Sieve:
    """Looks at lines of a list, and remembers their addresses."""

    def __init__(
        self,
        key: bytes,
        delimiter: bytes,
        column: int,
        width: int,
        providers: Mapping[bytes, tuple[bool, bool, bool, bytes] | None],
        heeded: Sequence[bytes],
        endings: tuple[bytes, ...],
    ) -> None: ...
    def look(
        self,
        raw: bytes,
        start: int,
        end: int,
        row: int,
        clean: bool,
        asked: _Asked,
    ) -> tuple[int, int]: ...
    def remember(
        self,
        raw: bytes,
        start: int,
        end: int,
        row: int,
        clean: bool,
        asked: _Asked,
    ) -> tuple[int, int]: ...
    def taken(self) -> list[bytes]: ...
    def counted(self) -> list[tuple[int, bool, bytes | None, int, int]]: ...
    def flags(self, address: bytes, /) -> int: ...
    def note(self, address: bytes, flag: int, /) -> None: ...

def sum_of(key: bytes, octets: bytes) -> bytes: ...
