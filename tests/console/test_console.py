"""The console in a real browser, before meetings whose every fact is written by hand."""

import json

import pytest
from browser import Page, needs_browser
from console_stage import SCRIPT, ConsoleStage, Told

from shared.events import SpeakerCorrected, SpeechCut, WordsErased
from shared.meetings import Status

pytestmark = [needs_browser, pytest.mark.process, pytest.mark.timeout(60)]
QUESTION, ANSWER = "Who talks to the platform group?", "Maya will talk to Karen."
SEARCH = """
const ask = window.fetch;
window.fetch = (path, ...rest) => {
  const json = (body) => Promise.resolve(new Response(JSON.stringify(body)));
  if (path === "/openapi.json") return json({ paths: { "/search": {} } });
  if (!String(path).startsWith("/search")) return ask(path, ...rest);
  window.searched = path;
  return json({ hits: window.hits });
};
"""
CUTTABLE = """
const ask = window.fetch;
window.feeds = 0;
window.fetch = async (path, ...rest) => {
  const answer = await ask(path, ...rest);
  if (!String(path).endsWith("/events")) return answer;
  window.feeds += 1;
  const reader = answer.body.getReader();
  const body = new ReadableStream({
    start: (to) => (window.cut = () => (to.error(new TypeError("cut")), reader.cancel())),
    pull: async (to) => {
      const { value, done } = await reader.read();
      done ? to.close() : to.enqueue(value);
    },
  });
  return new Response(body, { status: answer.status, headers: answer.headers });
};
"""


async def open_meeting(page: Page, stage: ConsoleStage, meeting: Told, *, lines: int, first: str = "") -> None:
    await page.open(stage.page_of(meeting), first=first)
    await page.until(f"document.querySelectorAll('#transcript li').length === {lines}")


async def test_what_was_said_stands_there_with_names_and_times(page: Page, stage: ConsoleStage) -> None:
    meeting = await stage.standup(4)
    await open_meeting(page, stage, meeting, lines=4)
    said = (await page.text("#transcript")).split("\n")
    assert [text for text in said if text in {"Maya", "Tom"}] == ["Maya", "Tom", "Maya", "Tom"]
    assert SCRIPT.segments[0].text in said
    assert "0:06" in said
    colours = await page.run("[...document.querySelectorAll('#transcript li')].map((row) => row.dataset.colour).join()")
    assert colours == "0,1,0,1"
    assert await page.text("#title") == "Monday standup"
    assert (await page.run("document.title")).startswith("Monday standup")


async def test_words_that_are_being_said_are_grey_until_they_are_final(page: Page, stage: ConsoleStage) -> None:
    meeting = await stage.standup(2)
    await open_meeting(page, stage, meeting, lines=2)
    await meeting.caption("Maya", "<b>Great</b> is any")
    await page.until("document.querySelector('#captions .words')?.textContent === '<b>Great</b> is any'")
    await meeting.hear(SCRIPT.segments[2])
    await page.until("document.querySelectorAll('#transcript li').length === 3")
    await page.until("!document.querySelector('#captions .words')")


async def test_a_line_whose_speaker_was_mistaken_is_put_right(page: Page, stage: ConsoleStage) -> None:
    meeting = await stage.standup(2)
    await open_meeting(page, stage, meeting, lines=2)
    await meeting.tell(SpeakerCorrected, line_id="l1", speaker="Elena")
    await page.until("document.querySelector('#line-l1 b').textContent === 'Elena'")
    assert await page.text("#line-l1 .words") == SCRIPT.segments[1].text


async def test_a_persons_words_are_taken_from_the_page(page: Page, stage: ConsoleStage) -> None:
    meeting = await stage.standup(6)
    await open_meeting(page, stage, meeting, lines=6)
    await meeting.ask(QUESTION)
    await meeting.answer("q1", QUESTION, ANSWER, 4)
    await meeting.say("q1/0", ANSWER)
    await meeting.brief()
    await page.until("document.querySelector('#briefing .title')")
    gone = {"line_ids": frozenset({"l0", "l4"}), "answer_ids": frozenset({"q1"})}
    await meeting.tell(WordsErased, participant_id="7", until_ms=60_000, **gone)
    await page.until("document.querySelector('#line-l0 .words').textContent === '(erased)'")
    assert await page.text("#line-l0 b") == "Somebody"
    assert await page.text("#answers .answer") == "(erased)"
    assert await page.run("document.querySelector('.spoken .words').textContent") == "(erased)"
    assert await page.text("#line-l1 .words") == SCRIPT.segments[1].text
    whole = await page.run("document.body.textContent")
    assert [said for said in (SCRIPT.segments[0].text, ANSWER, "right after this call") if said in whole] == []


async def test_an_answer_comes_in_and_its_lines_are_shown_on_a_click(page: Page, stage: ConsoleStage) -> None:
    meeting = await stage.standup(len(SCRIPT.segments))
    await open_meeting(page, stage, meeting, lines=len(SCRIPT.segments))
    await meeting.ask(QUESTION)
    await page.until("document.querySelector('#answers [aria-busy] .dots')")
    await meeting.answer("q1", QUESTION, ANSWER, 4)
    await page.until(f"document.querySelector('#answers .answer')?.textContent === {ANSWER!r}")
    await page.until(f"document.querySelector('#announcer').textContent === 'Answer: {ANSWER}'")
    await page.press("#answers .cite")
    await page.until("document.querySelector('#line-l4.cited') === document.activeElement")
    top = await page.run("document.querySelector('#line-l4').getBoundingClientRect().top")
    assert 0 < top < 860


async def test_what_the_assistant_says_aloud_stands_among_the_lines_as_far_as_it_was_heard(
    page: Page, stage: ConsoleStage
) -> None:
    meeting = await stage.standup(3)
    await open_meeting(page, stage, meeting, lines=3)
    await meeting.say("s1", "Maya will talk to Karen about it.")
    await page.until("document.querySelector('#transcript .spoken b')?.textContent === 'Chime'")
    assert await page.run("document.querySelector('#meeting').dataset.voice") == "speaking"
    await meeting.tell(SpeechCut, cause_id="s1", reason="talked over", heard="Maya will", heard_ms=600)
    await page.until("document.querySelector('.spoken .words').textContent === 'Maya will … (talked over)'")


async def test_the_briefing_is_read_copied_and_told_to_be_older_than_the_talk(page: Page, stage: ConsoleStage) -> None:
    meeting = await stage.standup(6)
    await open_meeting(page, stage, meeting, lines=6)
    await page.press("#tab-brief")
    await page.until("document.querySelector('#no-brief').offsetParent")
    await meeting.brief()
    await page.until("document.querySelector('#briefing .title')")
    shown = await page.text("#briefing")
    assert "Talk to Karen from the platform group" in shown
    assert "right after this call" in shown
    await page.run("navigator.clipboard.writeText = (text) => Promise.resolve(window.copied = text)")
    await page.press("#copy")
    await page.until("window.copied")
    assert (await page.run("window.copied")).startswith("# Invoice export starts")
    await meeting.hear(SCRIPT.segments[6])
    await page.until("document.querySelector('#older').textContent.includes('one more line')")
    assert await page.text("#brief") == "Write it again"


@pytest.mark.parametrize(
    ("status", "sub_code", "label", "words"),
    [
        (Status.WAITING_ROOM, "", "In the lobby", "Someone in the meeting must admit Chime."),
        (Status.DENIED, "", "Not allowed to listen", "Chime hears nothing until then"),
        (Status.FAILED, "meeting_password_incorrect", "Could not join", "copy the whole invitation link"),
        (Status.LISTENING, "", "Listening", "Words appear here as they are said"),
    ],
)
async def test_states_are_told_in_plain_words(
    page: Page, stage: ConsoleStage, status: Status, sub_code: str, label: str, words: str
) -> None:
    meeting = await stage.meeting()
    await meeting.enter(status, sub_code)
    await page.open(stage.page_of(meeting))
    await page.until(f"document.querySelector('#status').textContent === {label!r}")
    assert words in await page.text("#empty")


async def test_a_meeting_that_is_not_there_says_so(page: Page, stage: ConsoleStage) -> None:
    await page.open(f"{stage.url}?meeting=m-03-{'0' * 20}")
    await page.until("document.querySelector('#status').textContent === 'Gone'")
    assert "no such meeting" in await page.text("#empty")
    page.complaints.clear()  # the browser tells of the 404s


async def test_a_reload_finds_everything_again(page: Page, stage: ConsoleStage) -> None:
    meeting = await stage.standup(5)
    await meeting.ask(QUESTION)
    await meeting.answer("q1", QUESTION, ANSWER, 4)
    await meeting.brief()
    await open_meeting(page, stage, meeting, lines=5)
    before = await page.text("#transcript")
    await page.call("Page.reload")
    await page.until("document.querySelectorAll('#transcript li').length === 5")
    assert await page.text("#transcript") == before
    await page.until("document.querySelector('#answers .cite') && document.querySelector('#briefing .title')")


async def test_meetings_are_listed_by_day_and_open_without_a_reload(page: Page, stage: ConsoleStage) -> None:
    old = await stage.standup(2, title="Design review", ago_ms=86_400_000)
    await old.enter(Status.ENDED)
    await stage.standup(3)
    await page.open(stage.url)
    await page.until("document.querySelectorAll('#meetings a').length === 2")
    assert await page.run("[...document.querySelectorAll('#meetings h3')].map((day) => day.textContent).join()") == (
        "Today,Yesterday"
    )
    await page.run("window.isSame = true")
    await page.press(f"#meetings a[data-meeting='{old.id}']")
    await page.until("document.querySelectorAll('#transcript li').length === 2 && window.isSame")
    assert await page.run("document.querySelector('#meetings [aria-current] .name').textContent") == "Design review"
    await page.run("history.back()")
    await page.until("document.querySelector('#home').offsetParent && window.isSame")


async def test_a_search_finds_the_line_and_opens_it(page: Page, stage: ConsoleStage) -> None:
    meeting = await stage.standup(8)
    pieces = [("I still need the ", False), ("new", True), (" ", False), ("certificate", True), (" <i>.", False)]
    hit = {
        **{"meeting_id": meeting.id, "title": "Monday standup", "line_id": "l3", "speaker": "Tom", "start_ms": 16_440},
        "meeting_created_at": meeting.began_at,
        "fragment": [{"text": text, "hit": is_hit} for text, is_hit in pieces],
    }
    await page.open(stage.url, first=f"{SEARCH} window.hits = [{json.dumps(hit)}];")
    await page.type("#search", "new certificate")
    await page.until("document.querySelectorAll('#hits mark').length === 2")
    assert "q=new%20certificate&" in await page.run("window.searched")
    assert "certificate <i>." in await page.text("#hits")
    await page.press("#hits a")
    await page.until("document.querySelector('#line-l3')?.matches('.cited')")
    await page.run("window.hits = []")
    await page.run("document.querySelector('#search').dispatchEvent(new Event('input'))")
    await page.until("document.querySelector('#found').textContent === 'Nobody said that.'")


async def test_without_a_search_at_the_gateway_there_is_no_box(page: Page, stage: ConsoleStage) -> None:
    await page.open(stage.url)
    await page.until("!document.querySelector('#none').hidden")
    paths = "(await (await fetch('/openapi.json')).json()).paths"
    offered = await page.run(f"(async () => '/search' in {paths})()")
    await page.until(f"document.querySelector('#find').hidden === {str(not offered).lower()}")


async def test_all_of_it_works_from_the_keyboard(page: Page, stage: ConsoleStage) -> None:
    meeting = await stage.standup(3)
    await open_meeting(page, stage, meeting, lines=3)
    await page.run("document.querySelector('#tab-ask').focus()")
    await key(page, "ArrowRight")
    assert await page.run("document.activeElement.id") == "tab-brief"
    assert await page.run("document.querySelector('#pane-brief').offsetParent !== null")
    await key(page, "ArrowRight")
    assert await page.run("document.activeElement.id") == "tab-ask"
    seen = [await stop(page) for _ in range(30)]
    assert {"question", "aloud", "scroll", "hush", "leave"} <= set(seen)


async def key(page: Page, name: str) -> None:
    for kind in ("rawKeyDown", "keyUp"):
        await page.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=KEYS[name])


KEYS = {"Tab": 9, "ArrowRight": 39}


async def stop(page: Page) -> str:
    """What the next Tab comes to."""
    await key(page, "Tab")
    return await page.run("document.activeElement.id")


async def test_a_feed_that_breaks_off_goes_on_where_it_was(page: Page, stage: ConsoleStage) -> None:
    meeting = await stage.standup(2)
    await open_meeting(page, stage, meeting, lines=2, first=CUTTABLE)
    for number in (2, 3, 4):
        await page.run("window.cut()")
        await meeting.hear(SCRIPT.segments[number])
        await page.until(f"document.querySelectorAll('#transcript li').length === {number + 1}")
    ids = await page.run("[...document.querySelectorAll('#transcript li')].map((row) => row.id).join()")
    assert ids == "line-l0,line-l1,line-l2,line-l3,line-l4"
    assert await page.run("window.feeds") == 4
