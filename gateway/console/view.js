// One meeting on the page. Whatever people said is only ever set as text, never as markup.

const byId = (id) => document.getElementById(id);

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export function clock(ms) {
  const seconds = Math.floor(ms / 1000);
  const two = (number) => String(number).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function hueOf(name) {
  let hash = 7;
  for (const char of name) hash = (hash * 31 + char.codePointAt(0)) % 3600;
  return (hash * 47) % 360;
}

function named(name) {
  const label = make("b", { textContent: name });
  label.style.setProperty("--hue", hueOf(name));
  return label;
}

export class MeetingPage {
  constructor() {
    this.lines = new Map();
    this.committed = new Map();
    this.captions = new Map();
    this.people = new Map();
    this.explanation = "";
    this.troubles = new Map();
    this.answers = new Map();
    this.seen = new Set();
    for (const id of ["transcript", "captions", "answers", "briefing"]) byId(id).replaceChildren();
    this.showPeople();
    byId("transcript").onscroll = () => this.showLatest();
  }

  apply(type, event) {
    if (type !== "caption.changed" && this.seen.has(event.id)) return;
    this.seen.add(event.id);
    HANDLERS[type]?.(this, event);
  }

  addLine(line) {
    const text = make("div", {}, named(line.speaker), make("span", { textContent: line.text }));
    const row = make("li", { id: `line-${line.id}` }, make("time", { textContent: clock(line.start_ms) }), text);
    this.insert(row, line.start_ms, line.id);
    this.committed.set(line.track, Math.max(line.end_ms, this.committed.get(line.track) ?? 0));
    if ((this.captions.get(line.track)?.start_ms ?? Infinity) < line.end_ms) this.captions.delete(line.track);
    this.showCaptions();
  }

  renameSpeaker(lineId, speaker) {
    this.lines.get(lineId)?.row.querySelector("b")?.replaceWith(named(speaker));
  }

  addNote(id, at_ms, text) {
    const row = make("li", { className: "note" }, make("time", { textContent: clock(at_ms) }), make("span", { textContent: text }));
    this.insert(row, at_ms, id);
  }

  insert(row, at_ms, id) {
    const list = byId("transcript");
    const isAtEnd = atEnd(list);
    this.lines.get(id)?.row.remove();
    this.lines.set(id, { at_ms, row });
    row.dataset.at = at_ms;
    let before = list.lastElementChild;
    while (before && Number(before.dataset.at) > at_ms) before = before.previousElementSibling;
    before ? before.after(row) : list.prepend(row);
    if (isAtEnd) list.scrollTop = list.scrollHeight;
    this.showLatest();
  }

  setCaption(caption) {
    if (caption.end_ms <= (this.committed.get(caption.track) ?? -1)) return;
    caption.text ? this.captions.set(caption.track, caption) : this.captions.delete(caption.track);
    this.showCaptions();
  }

  showCaptions() {
    const rows = [...this.captions.values()].map((caption) =>
      make("p", {}, make("bdi", { textContent: `${caption.speaker}: ${caption.text} …` })));
    byId("captions").replaceChildren(...rows);
  }

  showPeople() {
    byId("people").textContent = [...this.people.values()].join(", ");
  }

  showLatest() {
    byId("latest").hidden = atEnd(byId("transcript"));
  }

  setTrouble(key, explanation) {
    explanation ? this.troubles.set(key, explanation) : this.troubles.delete(key);
    this.showExplanation();
  }

  showExplanation() {
    const sentences = new Set([this.explanation, ...this.troubles.values()].filter(Boolean));
    byId("explanation").textContent = [...sentences].join(" ");
    byId("explanation").hidden = sentences.size === 0;
  }

  setStatus(status, explanation = "") {
    const isOver = ["ended", "failed", "erased"].includes(status);
    byId("status").textContent = status.replace("_", " ");
    byId("status").toggleAttribute("data-over", isOver);
    this.explanation = explanation;
    if (isOver) this.troubles.clear();
    this.showExplanation();
    byId("leave").hidden = byId("hush").hidden = isOver;
    if (isOver) this.captions.clear(), this.showCaptions();
  }

  answer(id) {
    if (!this.answers.has(id)) {
      const card = make("article", {}, make("p", { className: "question" }), make("p", { className: "faint", textContent: "…" }), make("div"));
      const [question, text, cites] = card.children;
      this.answers.set(id, { question, text, cites, sentences: new Map() });
      byId("answers").prepend(card);
    }
    return this.answers.get(id);
  }

  addSentence(event) {
    if (!this.answers.has(event.cause_id)) return;
    const card = this.answer(event.cause_id);
    card.sentences.set(event.n, event.text);
    const inOrder = [...card.sentences].sort((a, b) => a[0] - b[0]);
    card.text.textContent = inOrder.map(([, text]) => text).join(" ");
    card.text.className = "";
  }

  finishAnswer(event) {
    const card = this.answer(event.cause_id);
    card.question.textContent = event.question;
    card.text.textContent = event.answer ?? event.reason;
    card.text.className = event.answer ? "" : "faint";
    card.cites.replaceChildren(...(event.cites ?? []).map(citeButton));
  }
}

function atEnd(list) {
  return list.scrollHeight - list.scrollTop - list.clientHeight < 60;
}

export function citeButton(cite) {
  const button = make("button", { type: "button", className: "cite", textContent: `${cite.speaker} ${clock(cite.at_ms)}` });
  button.onclick = () => {
    const row = byId(`line-${cite.line_id}`);
    document.querySelectorAll(".cited").forEach((other) => other.classList.remove("cited"));
    row?.classList.add("cited");
    row?.scrollIntoView({ block: "center" });
  };
  return button;
}

const HANDLERS = {
  "meeting.state_changed": (page, event) => page.setStatus(event.status, event.explanation),
  "bot.join_refused": (page, event) => page.setStatus("failed", event.reason),
  "meeting.erased": (page) => page.setStatus("erased", "Everything kept of this meeting is gone."),
  "participant.joined": (page, event) => (page.people.set(event.participant_id, event.name), page.showPeople()),
  "participant.left": (page, event) => (page.people.delete(event.participant_id), page.showPeople()),
  "line.heard": (page, event) => page.addLine(event.line),
  "line.speaker_corrected": (page, event) => page.renameSpeaker(event.line_id, event.speaker),
  "participant.renamed": (page, event) =>
    page.people.has(event.participant_id) && (page.people.set(event.participant_id, event.name), page.showPeople()),
  "hearing.troubled": (page, event) => page.setTrouble(`${event.track}/${event.trouble}`, event.explanation),
  "hearing.recovered": (page, event) => page.setTrouble(`${event.track}/${event.trouble}`, ""),
  "caption.changed": (page, event) => page.setCaption(event),
  "audio.gap_found": (page, event) =>
    page.addNote(event.id, event.from_ms, `${((event.to_ms - event.from_ms) / 1000).toFixed(1)} s of audio are missing: ${event.cause}`),
  "question.asked": (page, event) => (page.answer(event.question_id).question.textContent = event.question),
  "sentence.composed": (page, event) => page.addSentence(event),
  "question.answered": (page, event) => page.finishAnswer(event),
  "question.failed": (page, event) => page.finishAnswer(event),
};
