// A quiet line beneath the meeting: how far behind the words are, what is missing, what it has cost.

import { json } from "./api.js";
import { byId, make } from "./format.js";

const LOOK_MS = 10_000;
const LATE_S = 8;

export class Health {
  constructor(meetingId, signal) {
    this.path = `/meetings/${meetingId}/status`;
    this.connection = "";
    byId("health").replaceChildren();
    this.look();
    const timer = setInterval(() => document.hidden || this.look(), LOOK_MS);
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
    this.signal = signal;
  }

  async look() {
    try {
      const status = await json("GET", this.path);
      if (!this.signal.aborted) this.show(status);
    } catch {
      // The stream of events says what is wrong; the next look may find it right again.
    }
  }

  setConnection(text) {
    this.connection = text;
    byId("connection").textContent = text;
    byId("connection").hidden = !text;
  }

  show(status) {
    const isOver = status.verdict !== null || ["ended", "failed"].includes(status.status);
    const parts = [isOver ? verdictOf(status) : lagOf(status), tracksOf(status), missingOf(status), costOf(status.spending)];
    byId("health").replaceChildren(...parts.filter(Boolean).map(([text, tone]) => make("span", { textContent: text, data: { tone } })));
  }
}

function lagOf({ lag_s, heard_s, deaf }) {
  if (!heard_s) return null;
  if (deaf) return ["hears nothing", "bad"];
  return lag_s > LATE_S ? [`words are ${Math.round(lag_s)} s late`, "bad"] : ["words are up to date", "good"];
}

function verdictOf({ verdict, heard_s }) {
  const words = { complete: "transcript complete", partial: "transcript with gaps", silent: "nothing was said", lost: "sound was lost" };
  if (!verdict) return heard_s ? ["finishing the transcript", ""] : null;
  return [words[verdict] ?? verdict, verdict === "complete" ? "good" : ""];
}

function tracksOf({ coverage }) {
  if (!coverage.length) return null;
  return [coverage.length === 1 ? "one stream of sound" : `${coverage.length} streams of sound`, ""];
}

function missingOf({ missing_s }) {
  return missing_s ? [`${missing_s.toFixed(1)} s of sound missing`, "bad"] : null;
}

function costOf({ usd, unpriced }) {
  const cost = usd >= 0.005 ? `about $${usd.toFixed(2)} so far` : usd ? "less than a cent so far" : "no cost so far";
  return [unpriced.length ? `${cost}, without ${unpriced.join(", ")}` : cost, ""];
}
