// One meeting on the page: every event of its feed finds its place here.

import { Answers } from "./answers.js";
import { Briefing } from "./briefing.js";
import { SOMEBODY, announce, byId, make, timeOf } from "./format.js";
import { Speakers } from "./speakers.js";
import { Transcript } from "./transcript.js";
import { OVER, emptyWords, platformOf, stateOf } from "./words.js";

const FACES = 5;

export class MeetingPage {
  constructor(meetingId, { onCite, onChange }) {
    this.id = meetingId;
    this.status = "requested";
    this.platform = this.explanation = this.title = "";
    this.assistant = "Chime";
    this.people = new Map();
    this.troubles = new Map();
    this.seen = new Set();
    this.onChange = onChange;
    this.speakers = new Speakers(this.assistant);
    this.transcript = new Transcript(this.speakers);
    this.answers = new Answers(onCite);
    this.briefing = new Briefing(meetingId, onCite);
    this.show();
  }

  get isOver() {
    return OVER.includes(this.status);
  }

  get isRoom() {
    return this.platform === "room";
  }

  apply(type, event) {
    if (type !== "caption.changed" && this.seen.has(event.id)) return;
    this.seen.add(event.id);
    HANDLERS[type]?.(this, event);
    if (CHANGING.has(type)) this.show();
  }

  begin({ platform, settings, at }) {
    this.platform = platform;
    this.assistant = settings.bot_name ?? this.assistant;
    this.speakers.assistant = this.assistant;
    this.title = settings.title ?? "";
    this.began_at = at;
  }

  setStatus(status, explanation = "", at = Date.now()) {
    const { label } = stateOf(status, this.platform);
    if (status !== this.status) announce([label, explanation].filter(Boolean).join(". "), at);
    this.status = status;
    this.explanation = explanation;
    if (!this.isOver) return;
    this.troubles.clear();
    this.people.clear();
    this.transcript.clearCaptions();
  }

  hear(event) {
    this.origin_ms = event.at - (event.final_after_ms ?? 0) - event.line.end_ms;
    this.transcript.addLine(event.line);
    this.briefing.noteLine();
  }

  caption(event) {
    this.origin_ms ??= event.at - event.end_ms;
    this.transcript.setCaption(event);
  }

  // Times of the feed and of the sound are two clocks; a line told how they lie.
  speak(event) {
    const at_ms = this.origin_ms === undefined ? 0 : Math.max(0, event.at - this.origin_ms);
    this.transcript.addSpeech(event.cause_id, this.assistant, at_ms, event.text);
    byId("meeting").dataset.voice = "speaking";
  }

  // One person's words are taken out, and all that was made of them.
  forget({ participant_id, line_ids, question_ids = [], answer_ids = [], at }) {
    for (const id of line_ids) this.transcript.erase(id);
    for (const id of answer_ids) {
      this.answers.erase(id, question_ids.includes(id));
      this.transcript.eraseSpeech(id);
    }
    this.transcript.clearCaptions();
    this.briefing.clear();
    if (this.people.has(participant_id)) this.people.set(participant_id, SOMEBODY);
    announce("What one person said was erased", at);
  }

  silence() {
    delete byId("meeting").dataset.voice;
  }

  // -- what is seen of it ---------------------------------------------------------------------------------------------

  show() {
    const { label, tone } = stateOf(this.status, this.platform);
    byId("status").textContent = label;
    byId("status").dataset.tone = tone;
    byId("title").textContent = this.title || this.briefing.brief?.title || platformOf(this.platform);
    const ending = this.isOver && !this.transcript.isEmpty ? this.explanation : "";
    byId("when").textContent = [this.began_at ? timeOf(this.began_at) : "", ending].filter(Boolean).join(" · ");
    byId("aloud-choice").hidden = this.isOver;
    this.showPeople();
    this.showNotice();
    this.showEmpty();
    this.onChange();
  }

  showPeople() {
    const names = [...this.people.values()];
    const faces = names.slice(0, FACES).map((name) => this.speakers.face(name));
    const more = names.length > FACES ? [make("span", { className: "face", textContent: `+${names.length - FACES}` })] : [];
    byId("people").replaceChildren(...faces, ...more, make("span", { className: "hidden", textContent: names.join(", ") }));
    byId("people").title = names.join(", ");
  }

  showNotice() {
    const isKnown = this.transcript.isEmpty || this.isOver;
    const words = new Set([isKnown ? "" : this.explanation, ...this.troubles.values()].filter(Boolean));
    byId("explanation").textContent = [...words].join(" ");
    byId("explanation").hidden = words.size === 0;
  }

  showEmpty() {
    const [head, more] = emptyWords(this.status, this.platform, this.assistant);
    byId("empty").hidden = !this.transcript.isEmpty;
    byId("empty-head").textContent = head;
    byId("empty-more").textContent = more || (this.isOver ? this.explanation : "");
    byId("empty").dataset.tone = stateOf(this.status, this.platform).tone;
  }
}

function secondsOf({ from_ms, to_ms }) {
  return ((to_ms - from_ms) / 1000).toFixed(1);
}

const HANDLERS = {
  "meeting.requested": (page, event) => page.begin(event),
  "meeting.state_changed": (page, event) => page.setStatus(event.status, event.explanation, event.at),
  "bot.joined": (page, event) => page.status === "requested" && page.setStatus("joining", "", event.at),
  "bot.join_refused": (page, event) => page.setStatus("failed", event.reason, event.at),
  "meeting.erased": (page) => page.setStatus("erased"),
  "words.erased": (page, event) => page.forget(event),
  "participant.joined": (page, event) => page.people.set(event.participant_id, event.name),
  "participant.left": (page, event) => page.people.delete(event.participant_id),
  "participant.renamed": (page, event) =>
    page.people.has(event.participant_id) && page.people.set(event.participant_id, event.name),
  "line.heard": (page, event) => page.hear(event),
  "line.speaker_corrected": (page, event) => page.transcript.rename(event.line_id, event.speaker),
  "caption.changed": (page, event) => page.caption(event),
  "hearing.troubled": (page, event) => page.troubles.set(`${event.track}/${event.trouble}`, event.explanation),
  "hearing.recovered": (page, event) => page.troubles.delete(`${event.track}/${event.trouble}`),
  "audio.gap_found": (page, event) =>
    page.transcript.addNote(event.id, event.from_ms, `${secondsOf(event)} s of sound are missing: ${event.cause}`),
  "question.asked": (page, event) => page.answers.ask(event),
  "sentence.composed": (page, event) => page.answers.addSentence(event),
  "question.answered": (page, event) => page.answers.finish(event),
  "question.failed": (page, event) => page.answers.finish(event),
  "brief.written": (page, { brief }) => !brief.since_ms && !brief.until_ms && page.briefing.show(brief),
  "speech.started": (page, event) => page.speak(event),
  "speech.finished": (page) => page.silence(),
  "speech.cut": (page, event) => {
    page.transcript.cutSpeech(event.cause_id, event.heard, event.reason);
    page.silence();
  },
};
const CHANGING = new Set([
  ...["meeting.requested", "meeting.state_changed", "bot.joined", "bot.join_refused", "meeting.erased", "words.erased"],
  ...["participant.joined", "participant.left", "participant.renamed", "line.heard", "caption.changed"],
  ...["hearing.troubled", "hearing.recovered", "brief.written", "speech.started"],
]);
