"""Whether what zstd has packed is there to its end: sizes of frames and blocks are followed.

Zstandard Compression (RFC 8878): §3.1.1.1 the head of a frame, §3.1.1.2 blocks, §3.1.2 frames to be skipped.
"""

import os
from typing import BinaryIO, Final

MAGIC: Final = b"\x28\xb5\x2f\xfd"  # §3.1.1
_SKIPPED: Final = b"\x2a\x4d\x18"  # behind 0x50 … 0x5f
_DICTIONARY: Final = (0, 1, 2, 4)  # octets of its id
_CONTENT: Final = (0, 2, 4, 8)  # octets of the size of the content
_RUN: Final = 1  # a block of one octet, repeated


def is_whole(stream: BinaryIO) -> bool:
    """Whether the file ends where a frame does. One that is damaged otherwise is left to who unpacks it."""
    size, at = os.fstat(stream.fileno()).st_size, 0
    while at < size:
        end = _end(stream, at)
        if end is None:
            return True
        at = end
    return at == size > 0


def _end(stream: BinaryIO, at: int) -> int | None:
    """Where a frame ends, perhaps behind the end of the file; None where it is none."""
    stream.seek(at)
    head = stream.read(8)
    if len(head) < 8:
        return at + 8  # the smallest frame has nine octets
    if head[1:4] == _SKIPPED and head[0] & 0xF0 == 0x50:
        return at + 8 + int.from_bytes(head[4:8], "little")
    if head[:4] != MAGIC:
        return None
    told = head[4]
    single, checksum = told >> 5 & 1, told >> 2 & 1
    content = _CONTENT[told >> 6] or single
    at += 5 + (1 - single) + _DICTIONARY[told & 3] + content
    while True:
        stream.seek(at)
        block = int.from_bytes(stream.read(3), "little")
        if stream.tell() < at + 3:
            return at + 3
        at += 3 + (1 if block >> 1 & 3 == _RUN else block >> 3)
        if block & 1:
            return at + 4 * checksum
