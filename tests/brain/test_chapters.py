from hypothesis import given
from hypothesis import strategies as st

from brain.chapters import CHAPTER_WORDS, LONGEST_CHAPTER_WORDS, SETTLED_MS, material, next_chapter, words_in
from shared.events import ChapterNoted, Line


def talk(count: int, words: int = 20, pause_ms: int = 300) -> list[Line]:
    lines, at_ms = [], 0
    for n in range(count):
        end_ms = at_ms + words * 400
        lines.append(
            Line(id=f"l{n}", track="mixed", speaker="Maya", start_ms=at_ms, end_ms=end_ms, text="word " * words)
        )
        at_ms = end_ms + pause_ms
    return lines


def noted(lines: list[Line], n: int = 0) -> ChapterNoted:
    return ChapterNoted(id=f"c{n}", meeting_id="m", at=0, n=n, line_ids=[line.id for line in lines], points=[])


def all_chapters(lines: list[Line]) -> list[ChapterNoted]:
    found: list[ChapterNoted] = []
    while chapter := next_chapter(lines, found):
        found.append(noted(chapter, len(found)))
    return found


def test_a_short_meeting_has_none() -> None:
    assert next_chapter([], []) == []
    assert next_chapter(talk(50), []) == []


def test_a_chapter_ends_at_a_pause() -> None:
    lines = talk(62)
    end_ms = lines[-1].end_ms
    late = Line(id="x", track="m", speaker="A", start_ms=end_ms + 2_000, end_ms=end_ms + 60_000, text="word " * 20)
    chapter = next_chapter([*lines, late], [])
    assert [line.id for line in chapter] == [line.id for line in lines]


def test_without_a_pause_it_ends_all_the_same() -> None:
    chapter = next_chapter(talk(200), [])
    assert sum(map(words_in, chapter)) == LONGEST_CHAPTER_WORDS


def test_lines_may_still_come_in_for_the_last_seconds() -> None:
    lines = talk(81)
    assert lines[-1].end_ms - lines[79].end_ms < SETTLED_MS
    assert next_chapter(lines, []) == []
    assert next_chapter(talk(84), []) != []


@given(st.lists(st.integers(1, 40), max_size=400), st.integers(0, 3_000))
def test_chapters_follow_each_other_and_leave_no_line_out(sizes: list[int], pause_ms: int) -> None:
    lines, at_ms = [], 0
    for n, words in enumerate(sizes):
        lines.append(
            Line(id=f"l{n}", track="m", speaker="A", start_ms=at_ms, end_ms=at_ms + words * 400, text="w " * words)
        )
        at_ms += words * 400 + pause_ms
    found = all_chapters(lines)
    ids = [line_id for chapter in found for line_id in chapter.line_ids]
    assert ids == [line.id for line in lines][: len(ids)]
    words = {line.id: words_in(line) for line in lines}
    assert all(sum(words[one] for one in chapter.line_ids) >= CHAPTER_WORDS for chapter in found)


def test_what_is_not_long_is_shown_whole() -> None:
    lines = talk(180)
    shown = material(lines, all_chapters(lines), 4_000)
    assert (shown.chapters, len(shown.shown)) == ([], 180)


def test_of_what_is_long_the_oldest_is_shown_by_its_notes() -> None:
    lines = talk(1350)  # three hours
    chapters = all_chapters(lines)
    shown = material(lines, chapters, 4_000)
    words = sum(words_in(line) for line in lines if line.id in shown.shown)
    assert words <= 2_000
    assert list(shown.chapters) == chapters[: len(shown.chapters)]
    assert lines[-1].id in shown.shown


def test_a_part_of_a_chapter_is_shown_by_its_words() -> None:
    lines = talk(1350)
    chapters = all_chapters(lines)
    part = lines[40:]
    shown = material(part, chapters, 4_000)
    assert chapters[0] not in shown.chapters
    assert part[0].id in shown.shown


def test_without_notes_every_word_is_shown() -> None:
    lines = talk(1350)
    assert len(material(lines, [], 4_000).shown) == len(lines)
