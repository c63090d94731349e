// The console page: begin, join or pick a meeting, watch it live, ask it, be briefed.

import { call, json, signIn } from "./api.js";
import { save } from "./briefing.js";
import { showDock } from "./dock.js";
import { announce, byId } from "./format.js";
import { Health } from "./health.js";
import { MeetingPage } from "./meeting.js";
import { Meetings } from "./meetings.js";
import { askForSound } from "./microphone.js";
import { Room } from "./room.js";
import { follow } from "./stream.js";
import { Tabs } from "./tabs.js";

let watching = new AbortController();
let page = null;
let room = null;

const meetings = new Meetings((meetingId, lineId) => go(meetingId, lineId));
const tabs = new Tabs(byId("tabs"));

// -- telling people -------------------------------------------------------------------------------------------------

function tell(text) {
  byId("notice-text").textContent = text;
  byId("notice").hidden = !text;
}

async function attempt(button, action) {
  tell("");
  button.setAttribute("aria-disabled", "true");
  try {
    return await action();
  } catch (error) {
    fail(error);
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

function fail(error) {
  error.status === 401 ? askForKey() : tell(error.message);
}

function askForKey() {
  if (!byId("door").open) byId("door").showModal();
}

function onPress(id, action) {
  byId(id).onclick = ({ currentTarget }) => currentTarget.ariaDisabled !== "true" && attempt(currentTarget, action);
}

function onSubmit(id, action) {
  byId(id).onsubmit = (event) => {
    event.preventDefault();
    const button = event.target.querySelector("[type=submit]");
    if (button.ariaDisabled !== "true") attempt(button, action);
  };
}

// -- moving about ---------------------------------------------------------------------------------------------------

function isNarrow() {
  return matchMedia("(max-width: 62rem)").matches;
}

function go(meetingId, lineId = "", me = null) {
  history.pushState(me ? { me } : null, "", meetingId ? `/?meeting=${meetingId}` : "/");
  return open(meetingId, lineId);
}

async function open(meetingId, lineId = "") {
  watching.abort();
  watching = new AbortController();
  await room?.stop();
  document.body.dataset.view = meetingId ? "meeting" : "home";
  byId("home").hidden = Boolean(meetingId);
  byId("meeting").hidden = !meetingId;
  meetings.mark(meetingId);
  page = room = null;
  document.title = "chimein";
  if (!meetingId) return;
  tabs.isChosen = false;
  tabs.show(isNarrow() ? "tab-transcript" : "tab-ask");
  room = roomOf(meetingId);
  page = new MeetingPage(meetingId, { onCite: point, onChange: show });
  watch(meetingId, lineId, watching.signal);
}

async function watch(meetingId, lineId, signal) {
  const health = new Health(meetingId, signal);
  const mine = page;
  const onEvent = (type, event) => {
    mine.apply(type, event);
    if (lineId && type === "line.heard" && event.line.id === lineId) point(lineId);
    if (type === "meeting.requested") returnToRoom();
    if (type === "meeting.state_changed" && mine.isOver) finish();
    // Of a meeting that is over, the briefing is what most people come for.
    if (mine.isOver && mine.briefing.brief && !tabs.isChosen && !isNarrow()) tabs.show("tab-brief");
  };
  try {
    const onState = (text) => health.setConnection(text);
    await follow(`/meetings/${meetingId}/events`, { signal, onEvent, onState, isNeeded: () => Boolean(room?.isOn) });
  } catch (error) {
    if (error.status !== 404) return fail(error);
    mine.setStatus("erased");
    mine.show();
  }
}

function show() {
  if (!page || !room) return;
  showDock(room, page);
  document.title = `${byId("title").textContent} · chimein`;
}

function point(lineId) {
  if (isNarrow()) tabs.show("tab-transcript");
  if (!page.transcript.point(lineId)) tell("That line is not in the transcript any more.");
}

function finish() {
  room?.stop();
  meetings.load().catch(() => {});
}

// -- rooms ----------------------------------------------------------------------------------------------------------

function roomOf(meetingId) {
  return new Room({
    enter: (participant_id) => json("POST", `/meetings/${meetingId}/enter`, { participant_id }),
    onChange: show,
  });
}

// Who I am in the room survives a reload in the tab's history, and nowhere else.
async function enterRoom(me, stream) {
  await room.start(me, stream);
  history.replaceState({ me: room.me }, "", location.href);
  announce("Your microphone is on");
}

async function returnToRoom() {
  const me = history.state?.me;
  if (!page.isRoom || !me?.participant_id || room.isOn) return;
  const allowed = await navigator.permissions?.query({ name: "microphone" }).catch(() => null);
  if (me.source === "microphone" && allowed?.state === "granted" && !page.isOver) enterRoom(me).catch(fail);
}

function meAsChosen() {
  const how = new FormData(byId("start")).get("how");
  const name = byId("my-name").value.trim() || "Me";
  return { name, source: how === "tab" ? "tab" : "microphone", isTable: how !== "me" };
}

onSubmit("start", async () => {
  const me = meAsChosen();
  const stream = await askForSound(me.source); // first, so that a refusal leaves no empty meeting
  const meeting = await json("POST", "/meetings/join", { meeting_url: "room:" });
  meetings.load().catch(() => {});
  await go(meeting.meeting_id, "", me);
  await enterRoom(me, stream);
});
onPress("turn-on", () => enterRoom(history.state?.me ?? meAsChosen()));
onPress("mute", () => room.mute(!room.isMuted));
onPress("invite", async () => {
  const { invitation } = room.entrance ?? (await json("POST", `/meetings/${page.id}/enter`, {}));
  byId("invitation").value = new URL(invitation, location.href).href;
  byId("guests").showModal();
});
onPress("copy-invitation", async () => {
  await navigator.clipboard.writeText(byId("invitation").value);
  announce("The invitation is in the clipboard");
  byId("guests").close();
});

// -- what people press ----------------------------------------------------------------------------------------------

onSubmit("join", async () => {
  tell("Sending Chime…");
  const meeting = await json("POST", "/meetings/join", { meeting_url: byId("link").value });
  byId("link").value = "";
  tell(meeting.joined_already ? "Chime is in this meeting already." : "");
  meetings.load().catch(() => {});
  go(meeting.meeting_id);
});

function ask(question) {
  tabs.show("tab-ask");
  return call("POST", `/meetings/${page.id}/ask`, { question, speak: byId("aloud").checked, asked_by: room.me?.name ?? "console" });
}

byId("ask").onsubmit = (event) => {
  event.preventDefault();
  const question = byId("question").value.trim();
  byId("question").value = "";
  // The answer comes with the feed, and so does a question that fails; the next one need not wait.
  if (question) ask(question).catch((error) => error.status < 500 && fail(error));
};
byId("question").onkeydown = (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId("ask").requestSubmit();
};
for (const button of byId("hint").querySelectorAll("button")) {
  button.onclick = () => ask(button.textContent).catch(fail);
}

onPress("brief", () => page.briefing.write().finally(() => page.show()));
onPress("copy", () => page.briefing.copy());
onPress("download", () => page.briefing.download());
onPress("hush", () => call("POST", `/meetings/${page.id}/hush`));
onPress("leave", async () => {
  await room.stop();
  await call("POST", `/meetings/${page.id}/leave`);
});
onPress("more", () => meetings.load({ more: true }));
byId("latest").onclick = () => page.transcript.goToEnd();
byId("dismiss").onclick = () => tell("");
for (const button of byId("exports").querySelectorAll("button")) {
  button.onclick = () =>
    attempt(button, async () => {
      const name = `transcript.${button.dataset.format}`;
      save(await (await call("GET", `/meetings/${page.id}/${name}`)).blob(), `${page.id}-${name}`);
      byId("exports").open = false;
    });
}
for (const link of document.querySelectorAll("a[href='/']")) {
  link.onclick = (event) => {
    if (event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    go("");
  };
}
byId("unlock").onsubmit = async () => {
  const given = byId("key").value.trim();
  byId("key").value = "";
  try {
    await signIn(given);
    start();
  } catch (error) {
    fail(error);
  }
};
window.onpopstate = () => open(meetingInAddress());
// A page that is left may be kept to come back to: it must not keep its connections.
window.onpagehide = () => watching.abort();
window.onpageshow = (event) => event.persisted && start();

function meetingInAddress() {
  return new URLSearchParams(location.search).get("meeting") ?? "";
}

async function start() {
  try {
    await open(meetingInAddress(), location.hash.replace(/^#line-/, ""));
    await meetings.load();
    await meetings.offerSearch();
  } catch (error) {
    fail(error);
  }
}

document.body.dataset.ready = "";
start();
