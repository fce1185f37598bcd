"""Which addresses may be among very many: a filter (Bloom, "Space/time trade-offs in hash coding", 1970).

It holds eight to sixteen octets an address and no address. Whoever it has not met is not among them; of those
it says yes to, about one in a hundred is not either, and is asked for where they are kept.
"""

from collections.abc import Iterable, Sequence

_OCTETS = 8  # an address, at least
_LEAST = 1 << 10


class Bloom:
    """A filter with room for so many addresses; more of them make it say yes more often."""

    def __init__(self, count: int, addresses: Iterable[bytes] = ()) -> None:
        self._last = (1 << (max(_LEAST, count * _OCTETS) - 1).bit_length()) - 1
        self._places = bytearray(self._last + 1)
        for octets in addresses:
            self.add(octets)

    def add(self, octets: bytes) -> None:
        """From now on it is among them."""
        number, places, last = hash(octets), self._places, self._last
        places[number & last] = places[number >> 16 & last] = places[number >> 32 & last] = 1

    def __contains__(self, octets: object, /) -> bool:
        return isinstance(octets, bytes) and bool(self.among((octets,)))

    def among(self, addresses: Sequence[bytes]) -> list[int]:
        """The places of those who may be among them."""
        places, last = self._places, self._last
        return [
            place
            for place, number in enumerate(map(hash, addresses))
            if places[number & last] and places[number >> 16 & last] and places[number >> 32 & last]
        ]
