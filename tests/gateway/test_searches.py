"""Finding what was said: in the right meetings, in the right order, and no more once they are gone."""

import pytest
from clerks import clerks, end_meeting, heard, make_meeting, say, until_indexed
from support import eventually

from cli.reindex import reindex
from shared.events import CODEC, MeetingErased, SpeakerCorrected
from shared.streams import INDEXED, SETTLED, MeetingKeys


async def found(rig, query: str = "", **wanted: object) -> list[str]:
    response = await rig.client.get("/search", params={"q": query, **wanted})
    body = await response.json()
    assert response.status == 200, body
    return ["".join(piece["text"] for piece in hit["fragment"]) for hit in body["hits"]]


class TestWhatIsFound:
    async def test_a_line_with_its_speaker_its_time_and_its_meeting(self, rig, redis_url):
        meeting_id = await make_meeting(rig.bus, title="Stand-up")
        await say(rig.bus, meeting_id, "The new release date is Friday.", "Nothing else.")
        async with clerks(redis_url):
            await until_indexed(rig.bus, meeting_id)
        (hit,) = (await (await rig.client.get("/search", params={"q": "RELEASE dat"})).json())["hits"]
        assert [piece["text"] for piece in hit["fragment"] if piece["hit"]] == ["release", "date"]
        assert (hit["meeting_id"], hit["title"], hit["line_id"]) == (meeting_id, "Stand-up", "mixed-1000")
        assert (hit["speaker"], hit["start_ms"]) == ("Ada", 1000)

    async def test_it_grows_as_people_talk(self, rig, redis_url):
        meeting_id = await make_meeting(rig.bus)
        async with clerks(redis_url):
            for n in range(3):
                await say(rig.bus, meeting_id, f"word number {n}", first=n)
                await until_indexed(rig.bus, meeting_id)
                assert len(await found(rig, "number")) == n + 1

    async def test_long_meetings_that_wait_for_a_clerk_are_caught_up_with(self, rig, redis_url):
        meetings = [await make_meeting(rig.bus, shard=n) for n in range(6)]
        for meeting_id in meetings:
            await rig.bus.append(meeting_id, *(heard(meeting_id, n, f"word {n}") for n in range(120)))
        async with clerks(redis_url):
            await until_indexed(rig.bus, *meetings)
        assert [await rig.bus.redis.hlen(MeetingKeys(meeting_id).said) for meeting_id in meetings] == [120] * 6

    async def test_newest_meeting_first_and_in_it_the_latest_line(self, rig, redis_url):
        old = await make_meeting(rig.bus, shard=3, created_at=1_000_000)
        new = await make_meeting(rig.bus, shard=9, created_at=2_000_000)
        await say(rig.bus, new, "budget two", "budget three")
        await say(rig.bus, old, "budget zero", "budget one")
        async with clerks(redis_url):
            await until_indexed(rig.bus, old, new)
        assert await found(rig, "budget") == ["budget three", "budget two", "budget one", "budget zero"]

    async def test_best_first_is_what_fits_best(self, rig, redis_url):
        meeting_id = await make_meeting(rig.bus)
        await say(rig.bus, meeting_id, "our release date", "the date of the release", "a release dated long ago")
        async with clerks(redis_url):
            await until_indexed(rig.bus, meeting_id)
        assert (await found(rig, "release date", order="best"))[0] == "our release date"

    @pytest.mark.parametrize("order", ["newest", "best"])
    async def test_pages_together_are_everything_once(self, rig, redis_url, order):
        meetings = [await make_meeting(rig.bus, shard=n) for n in range(5)]
        for meeting_id in meetings:
            await say(rig.bus, meeting_id, *(f"budget {n}" for n in range(5)), "else")
        async with clerks(redis_url):
            await until_indexed(rig.bus, *meetings)
        seen, cursor = [], ""
        while cursor is not None:
            params = {"q": "budget", "limit": 4, "cursor": cursor, "order": order}
            page = await (await rig.client.get("/search", params=params)).json()
            seen += [(hit["meeting_id"], hit["line_id"]) for hit in page["hits"]]
            cursor = page["next_cursor"]
        assert (len(seen), len(set(seen))) == (25, 25)

    async def test_by_speaker_as_it_was_corrected(self, rig, redis_url):
        meeting_id = await make_meeting(rig.bus)
        await say(rig.bus, meeting_id, "I will do it", speaker="Speaker 1")
        await say(rig.bus, meeting_id, "you will not do it", speaker="Zoë Moe", first=2)
        async with clerks(redis_url):
            await until_indexed(rig.bus, meeting_id)
            assert await found(rig, "do it", speaker="zoe") == ["you will not do it"]
            corrected = SpeakerCorrected(id="c", meeting_id=meeting_id, at=1, line_id="mixed-1000", speaker="Karen Moe")
            await rig.bus.append(meeting_id, corrected)
            await until_indexed(rig.bus, meeting_id)
        assert await found(rig, "do it", speaker="Karen") == ["I will do it"]
        assert len(await found(rig, "do it", speaker="moe")) == 2
        assert await found(rig, "do it", speaker="Speaker 1") == []

    async def test_within_a_span_of_time_and_in_one_meeting(self, rig, redis_url):
        one, other = await make_meeting(rig.bus, shard=1), await make_meeting(rig.bus, shard=2)
        await say(rig.bus, one, "budget one")
        await say(rig.bus, other, "budget two")
        async with clerks(redis_url):
            await until_indexed(rig.bus, one, other)
        assert await found(rig, "budget", meeting_id=one) == ["budget one"]
        assert await found(rig, "budget", to="2026-01-01") == []
        assert len(await found(rig, "budget", **{"from": "2026-01-01T00:00:00Z"})) == 2
        assert await found(rig, "budget", **{"from": "2199-01-01"}) == []

    async def test_a_line_that_is_heard_again_is_found_by_its_new_words_only(self, rig, redis_url):
        meeting_id = await make_meeting(rig.bus)
        async with clerks(redis_url):
            await say(rig.bus, meeting_id, "the mad hatter")
            await until_indexed(rig.bus, meeting_id)
            again = heard(meeting_id, 1, "the bad hatter")
            await rig.bus.append(meeting_id, again)
            await until_indexed(rig.bus, meeting_id)
        assert (await found(rig, "mad"), await found(rig, "bad")) == ([], ["the bad hatter"])


class TestWhoFinds:
    async def test_nobody_finds_what_another_tenant_said(self, rig, redis_url):
        ours, theirs = await make_meeting(rig.bus), await make_meeting(rig.bus, tenant="other")
        await say(rig.bus, ours, "our budget")
        await say(rig.bus, theirs, "their budget")
        async with clerks(redis_url):
            await until_indexed(rig.bus, ours, theirs)
        assert await found(rig, "budget") == ["our budget"]
        assert await found(rig, "budget", meeting_id=theirs) == []

    @pytest.mark.parametrize(
        ("wanted", "field"),
        [
            ({"q": "?!"}, "q"),
            ({"q": ""}, "q"),
            ({"q": "x", "from": "yesterday"}, "from"),
            ({"q": "x", "cursor": "none"}, "cursor"),
            ({"q": "x", "order": "best", "cursor": "1.m-x"}, "cursor"),
            ({"q": "x", "limit": 1000}, "limit"),
        ],
    )
    async def test_what_cannot_be_used_is_named(self, fake_rig, wanted, field):
        response = await fake_rig.client.get("/search", params=wanted)
        assert (response.status, (await response.json())["errors"][0]["field"]) == (422, field)

    async def test_what_is_no_meeting_is_404(self, fake_rig):
        assert (await fake_rig.client.get("/search", params={"q": "x", "meeting_id": "m-1"})).status == 404


class TestWhatIsKept:
    async def test_everything_of_a_meeting_expires_with_it(self, rig, redis_url):
        meeting_id = await make_meeting(rig.bus)
        await say(rig.bus, meeting_id, "budget")
        keys = MeetingKeys(meeting_id)
        async with clerks(redis_url):
            await until_indexed(rig.bus, meeting_id)
            assert await rig.bus.redis.pttl(keys.words) == -1
            await end_meeting(rig.bus, meeting_id)
            await say(rig.bus, meeting_id, "after the end", first=9)
            await until_indexed(rig.bus, meeting_id)
        kept_ms = await rig.bus.redis.pttl(keys.state)
        assert kept_ms > 0
        for key in (keys.words, keys.said):
            assert abs(await rig.bus.redis.pttl(key) - kept_ms) < 1000

    async def test_a_meeting_whose_time_is_over_is_not_found_and_harms_nothing(self, rig, redis_url):
        gone, kept = await make_meeting(rig.bus), await make_meeting(rig.bus)
        for meeting_id in (gone, kept):
            await say(rig.bus, meeting_id, "budget")
        async with clerks(redis_url):
            await until_indexed(rig.bus, gone, kept)
        keys = MeetingKeys(gone)
        await rig.bus.redis.delete(keys.state, keys.timeline, keys.words, keys.said)
        assert await found(rig, "budget") == ["budget"]

    @pytest.mark.parametrize("is_over", [False, True])
    async def test_the_index_can_be_made_anew_of_the_timelines_also_while_a_clerk_works(self, rig, redis_url, is_over):
        meeting_id = await make_meeting(rig.bus)
        keys = MeetingKeys(meeting_id)
        await say(rig.bus, meeting_id, "budget one", "budget two")
        async with clerks(redis_url, look_every_s=0.1, patience_ms=0) as worker:
            if is_over:
                await end_meeting(rig.bus, meeting_id)
                await eventually(lambda: rig.bus.redis.hexists(keys.state, SETTLED))
                await eventually(lambda: worker.load == 0)
            await until_indexed(rig.bus, meeting_id)
            before = await rig.bus.redis.zrange(keys.words, 0, -1)
            await rig.bus.redis.zadd(keys.words, {"nonsense\0mixed-1000": 0})
            assert await reindex(redis_url) == 1
            await until_indexed(rig.bus, meeting_id)
        assert await rig.bus.redis.zrange(keys.words, 0, -1) == before
        assert len(await found(rig, "budget")) == 2

    async def test_what_redis_forgot_of_the_index_while_a_clerk_works_is_made_anew(self, rig, redis_url):
        meeting_id = await make_meeting(rig.bus)
        keys = MeetingKeys(meeting_id)
        async with clerks(redis_url, look_every_s=0.1):
            await say(rig.bus, meeting_id, "budget one")
            await until_indexed(rig.bus, meeting_id)
            before = await rig.bus.redis.hget(keys.state, INDEXED)
            await say(rig.bus, meeting_id, "budget two", first=2)
            await until_indexed(rig.bus, meeting_id)
            await rig.bus.redis.zrem(keys.words, "budget\0mixed-2000", "two\0mixed-2000")
            await rig.bus.redis.hset(keys.state, INDEXED, before)
            await until_indexed(rig.bus, meeting_id)
        assert await found(rig, "budget") == ["budget two", "budget one"]

    async def test_an_erased_meeting_ends_its_clerk(self, rig, redis_url):
        meeting_id = await make_meeting(rig.bus)
        keys = MeetingKeys(meeting_id)
        async with clerks(redis_url) as worker:
            await say(rig.bus, meeting_id, "budget")
            await until_indexed(rig.bus, meeting_id)
            kind, body = CODEC.encode(MeetingErased(id="e", meeting_id=meeting_id, at=1, stores={}))
            shard = keys.shard
            names = [shard.meetings, shard.active, shard.due, shard.vendor_erasures, shard.erased, shard.dead]
            names += [shard.commands("ingest"), shard.commands("brain"), *keys.all(())]
            await rig.bus.erase_script(keys=names, args=[meeting_id, kind, body, 2000, "", 0, 1, 0, 0, 0])
            await eventually_idle(worker)
        assert await rig.bus.redis.keys(f"*{meeting_id}*") in ([], [keys.timeline.encode()])
        assert await found(rig, "budget") == []


async def eventually_idle(worker) -> None:
    await eventually(lambda: worker.load == 0)
