// The transcript: final lines in the order of time, and grey beneath them what is being said.

import { ERASED, SOMEBODY, byId, clock, make } from "./format.js";

const AT_END_PX = 80;

export class Transcript {
  constructor(speakers) {
    this.speakers = speakers;
    this.list = byId("transcript");
    this.scroller = byId("scroll");
    this.rows = new Map();
    this.committed = new Map();
    this.captions = new Map();
    this.isAtEnd = true;
    this.list.replaceChildren();
    byId("captions").replaceChildren();
    byId("latest").hidden = true;
    this.scroller.onscroll = () => this.noticeScroll();
  }

  get isEmpty() {
    return !this.rows.size && !this.captions.size;
  }

  addLine(line) {
    const row = this.rowOf(line.id, line.speaker, line.start_ms, line.text);
    this.insert(row, line.start_ms, line.id);
    this.committed.set(line.track, Math.max(line.end_ms, this.committed.get(line.track) ?? 0));
    if ((this.captions.get(line.track)?.start_ms ?? Infinity) < line.end_ms) this.captions.delete(line.track);
    this.showCaptions();
  }

  rowOf(id, speaker, at_ms, text) {
    const head = make("p", { className: "who" }, make("b", { textContent: speaker }), make("time", { textContent: clock(at_ms) }));
    const words = make("p", { className: "words", textContent: text });
    const row = make("li", { id: `line-${id}`, tabIndex: -1 }, this.speakers.face(speaker), make("div", {}, head, words));
    row.dataset.speaker = speaker;
    row.dataset.colour = this.speakers.colourOf(speaker);
    return row;
  }

  rename(id, speaker) {
    const row = this.rows.get(id);
    if (!row) return;
    const { at } = row.dataset;
    const renamed = this.rowOf(id, speaker, Number(at), row.querySelector(".words").textContent);
    renamed.dataset.at = at;
    row.replaceWith(renamed);
    this.rows.set(id, renamed);
    this.group(renamed);
    this.group(renamed.nextElementSibling);
  }

  erase(id) {
    const words = this.rows.get(id)?.querySelector(".words");
    if (!words) return;
    words.textContent = ERASED;
    this.rename(id, SOMEBODY);
  }

  // What was said aloud in answer to a question.
  eraseSpeech(question) {
    for (const [id, row] of this.rows) {
      if (id.startsWith(`${question}/`)) row.querySelector(".words").textContent = ERASED;
    }
  }

  // What the assistant says aloud, as far as it was heard.
  addSpeech(id, speaker, at_ms, text) {
    const row = this.rowOf(id, speaker, at_ms, text);
    row.classList.add("spoken");
    this.insert(row, at_ms, id);
  }

  cutSpeech(id, heard, reason) {
    const words = this.rows.get(id)?.querySelector(".words");
    words?.replaceChildren(heard ? `${heard} … ` : "", make("span", { className: "faint", textContent: `(${reason})` }));
  }

  addNote(id, at_ms, text) {
    this.insert(make("li", { className: "note" }, make("span", { textContent: text })), at_ms, id);
  }

  insert(row, at_ms, id) {
    this.rows.get(id)?.remove();
    this.rows.set(id, row);
    row.dataset.at = at_ms;
    let before = this.list.lastElementChild;
    while (before && Number(before.dataset.at) > at_ms) before = before.previousElementSibling;
    before ? before.after(row) : this.list.prepend(row);
    this.group(row);
    this.group(row.nextElementSibling);
    this.keepAtEnd();
  }

  // A line goes on from the one above it where the same person said both.
  group(row) {
    if (!row) return;
    const above = row.previousElementSibling;
    const isSame = Boolean(row.dataset.speaker) && above?.dataset.speaker === row.dataset.speaker;
    row.classList.toggle("goes-on", isSame && Number(row.dataset.at) - Number(above.dataset.at) < 60_000);
  }

  setCaption(caption) {
    if (caption.end_ms <= (this.committed.get(caption.track) ?? -1)) return;
    caption.text ? this.captions.set(caption.track, caption) : this.captions.delete(caption.track);
    this.showCaptions();
  }

  showCaptions() {
    const rows = [...this.captions.values()].map(({ speaker, text }) => {
      const head = make("p", { className: "who" }, make("b", { textContent: speaker }));
      return make("div", { className: "caption" }, this.speakers.face(speaker), make("div", {}, head, make("p", { className: "words", textContent: text })));
    });
    byId("captions").replaceChildren(...rows);
    this.keepAtEnd();
  }

  clearCaptions() {
    this.captions.clear();
    this.showCaptions();
  }

  // At most once a frame: a long transcript comes in at once.
  keepAtEnd() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (this.isAtEnd) this.scroller.scrollTop = this.scroller.scrollHeight;
      byId("latest").hidden = this.isAtEnd;
    });
  }

  noticeScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.isAtEnd = scrollHeight - scrollTop - clientHeight < AT_END_PX;
    byId("latest").hidden = this.isAtEnd;
  }

  goToEnd() {
    this.isAtEnd = true;
    this.keepAtEnd();
  }

  // Returns whether the line is there.
  point(lineId) {
    for (const other of this.list.querySelectorAll(".cited")) other.classList.remove("cited");
    const row = this.rows.get(lineId);
    if (!row) return false;
    this.isAtEnd = false;
    row.classList.add("cited");
    row.scrollIntoView({ block: "center" });
    row.focus({ preventScroll: true });
    return true;
  }
}
