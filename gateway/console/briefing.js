// The briefing: written on request, again when more was said, and by itself when a meeting ends.

import { call, json } from "./api.js";
import { citeButton } from "./answers.js";
import { announce, byId, make } from "./format.js";

const SECTIONS = [
  ["Decisions", "decisions"],
  ["Action items", "action_items"],
  ["Open questions", "open_questions"],
  ["Key points", "key_points"],
];

export class Briefing {
  constructor(meetingId, onCite) {
    this.meetingId = meetingId;
    this.onCite = onCite;
    this.clear();
  }

  async write() {
    byId("briefing").setAttribute("aria-busy", "true");
    if (!this.brief) byId("briefing").replaceChildren(...skeleton());
    try {
      this.show(await json("GET", `/meetings/${this.meetingId}/brief`));
      announce("The briefing is ready");
    } catch (error) {
      if (!this.brief) byId("briefing").replaceChildren();
      throw error;
    } finally {
      byId("briefing").removeAttribute("aria-busy");
      this.showTools();
    }
  }

  clear() {
    this.brief = null;
    this.linesSince = 0;
    byId("briefing").replaceChildren();
    this.showTools();
  }

  noteLine() {
    this.linesSince += 1;
    this.showTools();
  }

  show(brief) {
    this.brief = brief;
    this.linesSince = 0;
    const parts = [make("h2", { className: "title", textContent: brief.title }), make("p", { className: "summary", textContent: brief.summary })];
    for (const [title, field] of SECTIONS) {
      const items = brief[field].map((item) => (field === "action_items" ? this.actionOf(item) : this.pointOf(item)));
      if (items.length) parts.push(make("h3", { textContent: title }), make("ul", { className: field }, ...items));
    }
    parts.push(make("p", { className: "faint", textContent: `Written by ${brief.made_by}.${brief.coverage ? ` ${brief.coverage}` : ""}` }));
    byId("briefing").replaceChildren(...parts);
    this.showTools();
  }

  pointOf({ text, cites }) {
    return make("li", {}, make("span", { textContent: text }), this.citesOf(cites));
  }

  actionOf({ task, owner, due, due_on, cites }) {
    const about = [owner, due && (due_on ? `${due} (${dateOf(due_on)})` : due)].filter(Boolean);
    const facts = about.map((fact) => make("span", { className: "fact", textContent: fact }));
    return make("li", {}, make("span", { textContent: task }), make("div", { className: "facts" }, ...facts), this.citesOf(cites));
  }

  citesOf(cites) {
    return make("div", { className: "cites" }, ...cites.map((cite) => citeButton(cite, this.onCite)));
  }

  showTools() {
    byId("brief").textContent = this.brief ? "Write it again" : "Brief me";
    byId("brief").hidden = Boolean(this.brief) && this.linesSince === 0;
    byId("no-brief").hidden = Boolean(this.brief) || byId("briefing").childElementCount > 0;
    byId("copy").hidden = byId("download").hidden = !this.brief;
    byId("older").hidden = !this.brief || this.linesSince === 0;
    const lines = this.linesSince === 1 ? "one more line was" : `${this.linesSince} more lines were`;
    byId("older").textContent = `Since this was written, ${lines} said.`;
  }

  async copy() {
    await navigator.clipboard.writeText(await this.markdown());
    announce("The briefing is in the clipboard");
  }

  async download() {
    save(new Blob([await this.markdown()], { type: "text/markdown" }), `${this.meetingId}-briefing.md`);
  }

  async markdown() {
    return (await call("GET", `/meetings/${this.meetingId}/brief`, undefined, { Accept: "text/markdown" })).text();
  }
}

export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  make("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

function dateOf(day) {
  return new Date(`${day}T12:00`).toLocaleDateString([], { weekday: "short", day: "numeric", month: "short" });
}

function skeleton() {
  return [70, 100, 92, 40, 88].map((width) => {
    const bar = make("div", { className: "bone", aria: { hidden: "true" } });
    bar.style.width = `${width}%`;
    return bar;
  });
}
