// The console page: pick or join a meeting, watch it live, ask it, be briefed.

import { call, json, useKey } from "./api.js";
import { follow } from "./stream.js";
import { MeetingPage, citeButton, make } from "./view.js";

const byId = (id) => document.getElementById(id);
const OVER = ["ended", "failed", "erased"];
let watching = new AbortController();
let current = "";
let nextCursor = null;

// -- telling people ---------------------------------------------------------------------------------------------

function tell(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = !text;
}

async function attempt(button, action) {
  tell("");
  button.disabled = true;
  try {
    return await action();
  } catch (error) {
    error.status === 401 ? await askForKey() : tell(error.message);
  } finally {
    button.disabled = false;
  }
}

function askForKey() {
  const door = byId("door");
  door.showModal();
  return new Promise((resolve) => {
    byId("unlock").onsubmit = () => {
      useKey(byId("key").value.trim());
      byId("key").value = "";
      start();
      resolve();
    };
  });
}

// -- the list ---------------------------------------------------------------------------------------------------

async function showMeetings(cursor = "") {
  const page = await json("GET", `/meetings?limit=20&cursor=${encodeURIComponent(cursor)}`);
  const rows = page.meetings.map(rowOf);
  cursor ? byId("meetings").append(...rows) : byId("meetings").replaceChildren(...rows);
  nextCursor = page.next_cursor;
  byId("more").hidden = !nextCursor;
  byId("none").hidden = byId("meetings").children.length > 0;
}

function rowOf(meeting) {
  const when = new Date(meeting.created_at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  const about = make("small", { textContent: `${meeting.platform.replace("_", " ")} · ${meeting.status.replace("_", " ")}` });
  const link = make("a", { href: `/?meeting=${meeting.meeting_id}` }, when, about);
  if (meeting.meeting_id === current) link.setAttribute("aria-current", "page");
  link.onclick = (event) => {
    if (event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    open(meeting.meeting_id);
  };
  return make("li", {}, link);
}

// -- one meeting ------------------------------------------------------------------------------------------------

async function open(meetingId) {
  watching.abort();
  watching = new AbortController();
  current = meetingId;
  byId("meeting").hidden = byId("side").hidden = !meetingId;
  for (const link of byId("meetings").querySelectorAll("a")) {
    link.toggleAttribute("aria-current", link.href.endsWith(`=${meetingId}`));
  }
  if (!meetingId) return;
  const page = new MeetingPage();
  page.setStatus("requested");
  const onEvent = (type, event) => {
    page.apply(type, event);
    if (type === "meeting.state_changed" && OVER.includes(event.status)) showMeetings().catch(() => {});
  };
  const onState = (text) => (byId("connection").textContent = text);
  try {
    await follow(`/meetings/${meetingId}/events`, { signal: watching.signal, onEvent, onState });
  } catch (error) {
    error.status === 401 ? await askForKey() : tell(error.message);
  }
}

function showBrief(brief) {
  const parts = [make("h3", { textContent: brief.title }), make("p", { textContent: brief.summary })];
  const sections = [
    ["Key points", brief.key_points.map((point) => [point.text, point.cites])],
    ["Decisions", brief.decisions.map((point) => [point.text, point.cites])],
    ["Action items", brief.action_items.map((item) => [actionText(item), item.cites])],
    ["Open questions", brief.open_questions.map((point) => [point.text, point.cites])],
  ];
  for (const [title, rows] of sections.filter(([, rows]) => rows.length)) {
    const items = rows.map(([text, cites]) => make("li", {}, `${text} `, ...cites.map(citeButton)));
    parts.push(make("h3", { textContent: title }), make("ul", {}, ...items));
  }
  parts.push(make("p", { className: "faint", textContent: `Written by ${brief.made_by}.` }));
  byId("briefing").replaceChildren(...parts);
}

function actionText(item) {
  return `${item.owner ? `${item.owner}: ` : ""}${item.task}${item.due ? ` (due ${item.due}${item.due_on ? `, ${item.due_on}` : ""})` : ""}`;
}

async function download(format) {
  const response = await call("GET", `/meetings/${current}/transcript.${format}`);
  const url = URL.createObjectURL(await response.blob());
  make("a", { href: url, download: `${current}.${format}` }).click();
  URL.revokeObjectURL(url);
}

// -- what people press ------------------------------------------------------------------------------------------

byId("join").onsubmit = (event) => {
  event.preventDefault();
  attempt(event.submitter ?? event.target.querySelector("button"), async () => {
    tell("Sending the bot…");
    const meeting = await json("POST", "/meetings/join", { meeting_url: byId("link").value });
    byId("link").value = "";
    tell("");
    history.pushState(null, "", `/?meeting=${meeting.meeting_id}`);
    current = meeting.meeting_id;
    await showMeetings();
    open(meeting.meeting_id);
  });
};

byId("ask").onsubmit = (event) => {
  event.preventDefault();
  attempt(event.submitter ?? event.target.querySelector("button"), async () => {
    const question = { question: byId("question").value, speak: byId("aloud").checked, asked_by: "console" };
    byId("question").value = "";
    await call("POST", `/meetings/${current}/ask`, question);
  });
};

byId("question").onkeydown = (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId("ask").requestSubmit();
};

byId("brief").onclick = (event) => attempt(event.target, async () => showBrief(await json("GET", `/meetings/${current}/brief`)));
byId("hush").onclick = (event) => attempt(event.target, () => call("POST", `/meetings/${current}/hush`));
byId("leave").onclick = (event) => attempt(event.target, () => call("POST", `/meetings/${current}/leave`));
byId("more").onclick = (event) => attempt(event.target, () => showMeetings(nextCursor));
byId("latest").onclick = () => (byId("transcript").scrollTop = byId("transcript").scrollHeight);
for (const button of byId("exports").children) button.onclick = () => attempt(button, () => download(button.dataset.format));
window.onpopstate = () => open(meetingInAddress());

function meetingInAddress() {
  return new URLSearchParams(location.search).get("meeting") ?? "";
}

async function start() {
  try {
    await showMeetings();
    open(meetingInAddress());
  } catch (error) {
    error.status === 401 ? await askForKey() : tell(error.message);
  }
}

start();
