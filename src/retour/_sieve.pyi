"""What _sieve.c offers: rows of lists that need no look of their own."""

from collections.abc import Callable, Sequence

_Learn = Callable[[int, bytes], tuple[int, bytes, bool] | None]
_Copied = Callable[[int], tuple[int, bytes, bool]]
_Odd = Callable[[int, bytes, bytes | None, int], tuple[int, bytes]]

class Sieve:
    """Looks at lines of a list, and remembers their addresses."""

    def __init__(
        self,
        key: bytes,
        delimiter: bytes,
        column: int,
        width: int,
        merging: dict[bytes, tuple[bool, bool, bytes]],
        heeded: Sequence[bytes],
    ) -> None: ...
    def look(
        self,
        raw: bytes,
        start: int,
        end: int,
        row: int,
        clean: bool,
        learn: _Learn,
        copied: _Copied,
        odd: _Odd,
    ) -> tuple[int, int]: ...
    def remember(
        self,
        raw: bytes,
        start: int,
        end: int,
        row: int,
        clean: bool,
        learn: _Learn,
        copied: _Copied,
        odd: _Odd,
    ) -> tuple[int, int]: ...
    def taken(self) -> list[bytes]: ...
    def counted(self) -> list[tuple[int, bool, bytes | None, int, int]]: ...
    def flags(self, address: bytes, /) -> int: ...
    def note(self, address: bytes, flag: int, /) -> None: ...

def sum_of(key: bytes, octets: bytes) -> bytes: ...
