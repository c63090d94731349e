from rehearsal.recall.takes import SHORTCUTS, Take


def test_a_take_is_described_as_documented() -> None:
    described = Take().described()
    assert set(described) == {
        *("id", "created_at", "started_at", "completed_at", "expires_at", "status", "media_shortcuts", "metadata")
    }
    assert described["media_shortcuts"] == dict.fromkeys(SHORTCUTS)
    assert (described["status"]["code"], described["completed_at"]) == ("processing", None)


def test_only_a_take_that_is_done_has_an_end() -> None:
    take, ends = Take(), []
    for code in ("paused", "processing", "done"):
        take.turn(code)
        ends.append((take.described()["status"]["code"], take.described()["completed_at"] is not None))
    assert ends == [("paused", False), ("processing", False), ("done", True)]


def test_no_two_takes_are_the_same() -> None:
    assert Take().part != Take().part
