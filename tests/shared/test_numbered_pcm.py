"""PCM that numbers itself."""

import pytest

from shared.numbered_pcm import BLOCK_BYTES, decode, encode


def test_every_block_says_its_meeting_and_number() -> None:
    pcm = encode(7, 40, 3)
    blocks = [pcm[at : at + BLOCK_BYTES] for at in range(0, len(pcm), BLOCK_BYTES)]
    assert [decode(block) for block in blocks] == [(7, 40), (7, 41), (7, 42)]


def test_a_block_is_20_ms_of_pcm() -> None:
    assert len(encode(1, 0, 5)) == 5 * 320 * 2


def test_the_largest_numbers_survive() -> None:
    assert decode(encode(2**32 - 1, 2**32 - 1, 1)) == (2**32 - 1, 2**32 - 1)


@pytest.mark.parametrize("at", [0, 5, 9, 13, 300, BLOCK_BYTES - 1])
def test_one_changed_byte_anywhere_makes_it_no_block(at: int) -> None:
    block = bytearray(encode(1, 1, 1))
    block[at] ^= 1
    assert decode(bytes(block)) is None


def test_silence_is_no_block() -> None:
    assert decode(bytes(BLOCK_BYTES)) is None


@pytest.mark.parametrize("size", [0, 16, BLOCK_BYTES - 2, BLOCK_BYTES + 16])
def test_another_size_is_no_block(size: int) -> None:
    assert decode(encode(1, 1, 2)[:size]) is None


def test_half_of_one_and_half_of_the_next_is_no_block() -> None:
    assert decode(encode(1, 1, 2)[BLOCK_BYTES // 2 :][:BLOCK_BYTES]) is None
