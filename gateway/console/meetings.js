// The list of meetings by day, and a search through all that was said in them.

import { json } from "./api.js";
import { byId, clock, dayOf, make, timeOf } from "./format.js";
import { OVER, platformOf } from "./words.js";

const PAGE = 30;
const SEARCH_AFTER_MS = 250;
const MOST_FOUND = 50;

export class Meetings {
  constructor(onOpen) {
    this.onOpen = onOpen; // (meetingId, lineId)
    this.cursor = "";
    this.current = "";
    byId("search").oninput = () => this.searchSoon();
    byId("search").onkeydown = (event) => event.key === "Escape" && this.endSearch();
  }

  async load({ more = false } = {}) {
    const page = await json("GET", `/meetings?limit=${PAGE}&cursor=${encodeURIComponent(more ? this.cursor : "")}`);
    this.cursor = page.next_cursor ?? "";
    if (!more) byId("meetings").replaceChildren();
    for (const meeting of page.meetings) this.add(meeting);
    byId("more").hidden = !this.cursor;
    byId("none").hidden = byId("meetings").childElementCount > 0;
    this.mark(this.current);
  }

  add(meeting) {
    const day = dayOf(meeting.created_at);
    let group = byId("meetings").lastElementChild;
    if (group?.dataset.day !== day) {
      group = make("section", { data: { day } }, make("h3", { textContent: day }), make("ul"));
      byId("meetings").append(group);
    }
    group.lastElementChild.append(make("li", {}, this.linkOf(meeting)));
  }

  linkOf(meeting) {
    const name = meeting.title || meeting.metadata?.title || platformOf(meeting.platform);
    const isLive = !OVER.includes(meeting.status);
    const about = isLive ? "now" : meeting.status === "failed" ? "could not join" : timeOf(meeting.created_at);
    const link = make("a", { href: `/?meeting=${meeting.meeting_id}`, data: { meeting: meeting.meeting_id } });
    link.append(make("span", { className: "name", textContent: name }), make("span", { className: isLive ? "live" : "faint", textContent: about }));
    link.onclick = (event) => this.open(event, meeting.meeting_id);
    return link;
  }

  open(event, meetingId, lineId = "") {
    if (event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    this.onOpen(meetingId, lineId);
  }

  mark(meetingId) {
    this.current = meetingId;
    for (const link of byId("side").querySelectorAll("a[data-meeting]")) {
      link.dataset.meeting === meetingId ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
    }
  }

  // -- search -------------------------------------------------------------------------------------------------------

  // Only where this gateway has one.
  async offerSearch() {
    byId("find").hidden = !("/search" in (await json("GET", "/openapi.json")).paths);
  }

  searchSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(byId("search").value.trim()), SEARCH_AFTER_MS);
  }

  async search(words) {
    if (words.length < 2) return this.showHits(null);
    try {
      const { hits } = await json("GET", `/search?q=${encodeURIComponent(words)}&limit=${MOST_FOUND}`);
      if (byId("search").value.trim() === words) this.showHits(hits);
    } catch (error) {
      byId("found").textContent = error.message;
    }
  }

  endSearch() {
    byId("search").value = "";
    this.showHits(null);
  }

  showHits(hits) {
    byId("history").hidden = hits !== null;
    byId("hits").replaceChildren(...(hits ?? []).map((hit) => make("li", {}, this.hitOf(hit))));
    byId("found").textContent = hits === null ? "" : hits.length ? foundWords(hits.length) : "Nobody said that.";
  }

  hitOf(hit) {
    const link = make("a", { href: `/?meeting=${hit.meeting_id}#line-${hit.line_id}`, data: { meeting: hit.meeting_id } });
    const head = [hit.speaker, hit.title || "Meeting", dayOf(hit.meeting_created_at), clock(hit.start_ms)].join(" · ");
    const text = hit.fragment.map((piece) => (piece.hit ? make("mark", { textContent: piece.text }) : piece.text));
    link.append(make("span", { className: "words" }, ...text), make("span", { className: "faint", textContent: head }));
    link.onclick = (event) => this.open(event, hit.meeting_id, hit.line_id);
    return link;
  }
}

function foundWords(count) {
  return count === MOST_FOUND ? `The newest ${count}` : `${count} found`;
}
