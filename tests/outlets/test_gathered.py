"""What is written in one go is sent in one piece, and nothing of it is late, lost or out of order."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from retour.outlets.api.gathered import MOST, Gathered


class Wire(asyncio.Transport):
    """Writes down what reaches the system."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.sent.append(b"closed")

    def abort(self) -> None:
        self.sent.append(b"aborted")

    def get_write_buffer_size(self) -> int:
        return 7


def played(dialogue: Callable[[Gathered, Wire], Awaitable[Any]]) -> list[bytes]:
    """What a dialogue brings to the system."""
    wire = Wire()

    async def run() -> None:
        await dialogue(Gathered(wire), wire)

    asyncio.run(run())
    return wire.sent


async def one_turn() -> None:
    await asyncio.sleep(0)


def test_head_and_body_are_one_piece_and_the_next_answer_is_another() -> None:
    async def dialogue(line: Gathered, wire: Wire) -> None:
        line.write(b"head ")
        line.write(bytearray(b"body"))
        assert line.get_write_buffer_size() == 9 + 7
        assert wire.sent == []
        await one_turn()
        line.write(b"next")
        await one_turn()

    assert played(dialogue) == [b"head body", b"next"]


def test_what_waits_is_sent_before_the_line_is_closed() -> None:
    async def dialogue(line: Gathered, wire: Wire) -> None:
        line.write(b"last words")
        line.close()
        await one_turn()

    assert played(dialogue) == [b"last words", b"closed"]


def test_who_is_cut_off_gets_no_more() -> None:
    async def dialogue(line: Gathered, wire: Wire) -> None:
        line.write(b"never")
        line.abort()
        await one_turn()

    assert played(dialogue) == [b"aborted"]


def test_a_long_body_does_not_gather_in_memory() -> None:
    async def dialogue(line: Gathered, wire: Wire) -> None:
        for _ in range(5):
            line.write(b"x" * (MOST // 2))
        assert [len(piece) for piece in wire.sent] == [MOST, MOST]
        await one_turn()

    assert [len(piece) for piece in played(dialogue)] == [MOST, MOST, MOST // 2]
