"""PCM that numbers itself: each 20 ms block says which meeting it belongs to and which block of it it is.

The agreement between the fake bot, which sends it, and the scripted speech engine, which turns it into words.
"""

import struct
import zlib

BLOCK_MS = 20
BLOCK_BYTES = 640
MAGIC = b"cPCM"
BODY = struct.Struct("<4sII")
CHECK = struct.Struct("<I")
COPIES = BLOCK_BYTES // (BODY.size + CHECK.size)


def encode(meeting: int, first_block: int, count: int) -> bytes:
    """`count` blocks of S16LE, 16 kHz, mono. Numbers are below 2**32."""
    return b"".join(encode_block(meeting, number) for number in range(first_block, first_block + count))


def encode_block(meeting: int, number: int) -> bytes:
    body = BODY.pack(MAGIC, meeting, number)
    return (body + CHECK.pack(zlib.crc32(body))) * COPIES


def decode(block: bytes) -> tuple[int, int] | None:
    """The meeting and the number of the block; None for anything but an intact block."""
    if len(block) != BLOCK_BYTES or not block.startswith(MAGIC):
        return None
    _, meeting, number = BODY.unpack_from(block)
    return (meeting, number) if block == encode_block(meeting, number) else None
