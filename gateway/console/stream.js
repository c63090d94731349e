// Server-sent events by fetch, because EventSource cannot send a key. Comes back where it was after any break.

import { headers, refusalOf } from "./api.js";

const PAUSES_MS = [500, 1000, 2000, 5000];
// A browser has six connections to a server. A page that nobody looks at gives its own back, and catches up later.
const UNWATCHED_MS = 60_000;

export async function follow(path, { signal, onEvent, onState, isNeeded }) {
  let cursor = "0";
  for (let failures = 0; !signal.aborted; ) {
    const line = lineFor(signal, isNeeded);
    try {
      const response = await fetch(path, { signal: line.signal, headers: headers({ "Last-Event-ID": cursor }) });
      if (!response.ok) throw await refusalOf(response);
      onState("");
      failures = 0;
      for await (const frame of frames(response.body)) {
        if (frame.id) cursor = frame.id;
        if (frame.event) onEvent(frame.event, JSON.parse(frame.data));
        if (frame.event === "meeting.erased") return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error.status && error.status < 500) throw error;
    } finally {
      line.close();
    }
    if (line.signal.aborted) {
      await untilWatched(signal);
      continue;
    }
    onState("connection lost, trying again…");
    await pause(PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)], signal);
  }
}

// Ends with `signal`, and when the page was hidden for a while without being needed.
function lineFor(signal, isNeeded) {
  const controller = new AbortController();
  const end = () => controller.abort();
  let timer = 0;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(() => (isNeeded() ? look() : end()), UNWATCHED_MS);
  };
  signal.addEventListener("abort", end, { once: true });
  document.addEventListener("visibilitychange", look);
  look();
  const close = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    document.removeEventListener("visibilitychange", look);
  };
  return { signal: controller.signal, close };
}

function untilWatched(signal) {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", look, { once: true });
    look();
  });
}

export async function* frames(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) yield frameOf(block);
  }
}

function frameOf(block) {
  const frame = { event: "", id: "", data: "" };
  for (const row of block.split("\n")) {
    const colon = row.indexOf(": ");
    if (colon > 0) frame[row.slice(0, colon)] = row.slice(colon + 2);
  }
  return frame;
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
