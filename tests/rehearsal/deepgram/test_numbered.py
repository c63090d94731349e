from rehearsal.deepgram.ears import HeardWords
from rehearsal.deepgram.numbered import NumberedEar, NumberedEars
from shared.numbered_pcm import BLOCK_BYTES, encode


async def results_of(ear: NumberedEar) -> list[HeardWords]:
    await ear.finish()
    return [heard async for heard in ear.results()]


async def heard_in(*pcm: bytes) -> list[HeardWords]:
    ear = await NumberedEars().open("en", ())
    for frame in pcm:
        await ear.hear(frame)
    return await results_of(ear)


def silence(ms: int) -> bytes:
    return bytes(32 * ms)


def said(results: list[HeardWords]) -> list[tuple[str, int, int]]:
    return [(word.text, word.start_ms, word.end_ms) for heard in results if heard.is_final for word in heard.words]


async def test_ten_blocks_are_a_word_timed_from_the_first_sample() -> None:
    assert said(await heard_in(encode(7, 120, 20))) == [("n12", 0, 200), ("n13", 200, 400)]


async def test_frames_may_end_anywhere() -> None:
    pcm = encode(7, 0, 60)
    assert said(await heard_in(*(pcm[at : at + 333] for at in range(0, len(pcm), 333)))) == said(await heard_in(pcm))


async def test_a_word_whose_beginning_was_not_heard_is_no_word() -> None:
    assert said(await heard_in(encode(7, 125, 15))) == [("n13", 100, 300)]


async def test_a_word_with_a_block_missing_or_damaged_is_no_word() -> None:
    damaged = encode(7, 0, 5) + bytes(BLOCK_BYTES) + encode(7, 6, 14)
    skipped = encode(7, 0, 5) + encode(7, 6, 14)
    assert said(await heard_in(damaged)) == [("n1", 200, 400)]
    assert said(await heard_in(skipped)) == [("n1", 180, 380)]


async def test_interims_grow_until_a_final_takes_their_place() -> None:
    results = await heard_in(encode(7, 0, 110))
    assert [heard.until_ms for heard in results[:4]] == [500, 1000, 1500, 2000]
    assert [heard.is_final for heard in results] == [False, False, False, True, True]
    assert [len(heard.words) for heard in results] == [2, 5, 7, 10, 1]


async def test_every_second_final_ends_the_utterance() -> None:
    results = [heard for heard in await heard_in(encode(7, 0, 410)) if heard.is_final]
    assert [heard.speech_final for heard in results] == [False, True, False, True, True]


async def test_silence_ends_the_utterance_and_is_no_word() -> None:
    results = [heard for heard in await heard_in(encode(7, 0, 20), silence(2000)) if heard.is_final]
    assert (results[0].until_ms, results[0].speech_final, len(results[0].words)) == (700, True, 2)
    assert (results[1].until_ms, results[1].speech_final, results[1].words) == (2000, False, ())


async def test_a_final_settles_nothing_of_a_word_that_is_only_begun() -> None:
    results = [heard for heard in await heard_in(encode(7, 5, 110)) if heard.is_final]
    assert [heard.until_ms for heard in results] == [1900, 2100]
    assert said(results)[-1] == ("n10", 1900, 2100)


async def test_a_flush_says_what_is_open_and_hearing_goes_on() -> None:
    ear = await NumberedEars().open("en", ())
    await ear.hear(encode(7, 0, 20))
    await ear.flush()
    await ear.hear(encode(7, 20, 20))
    results = await results_of(ear)
    assert [heard.is_flushed for heard in results] == [True, False, False]
    assert said(results) == [("n0", 0, 200), ("n1", 200, 400), ("n2", 400, 600), ("n3", 600, 800)]


async def test_who_speaks_is_told_by_the_word() -> None:
    ear = await NumberedEars(lambda text: int(text[1:]) % 2).open("en", ())
    await ear.hear(encode(7, 0, 30))
    assert [word.speaker for word in (await results_of(ear))[-1].words] == [0, 1, 0]


async def test_a_closed_ear_says_nothing_more() -> None:
    ear = await NumberedEars().open("en", ())
    await ear.close()
    await ear.close()
    assert [heard async for heard in ear.results()] == []
