// Questions and their answers, sentence by sentence as they come.

import { ERASED, announce, byId, clock, make } from "./format.js";

export class Answers {
  constructor(onCite) {
    this.onCite = onCite;
    this.cards = new Map();
    byId("answers").replaceChildren();
    this.showHint();
  }

  ask({ question_id, question, asked_by, via, replaces }) {
    this.cards.get(replaces)?.card.remove();
    const card = this.cardOf(question_id);
    card.question.textContent = question;
    card.by.textContent = via === "api" ? "" : `${asked_by || "Somebody"} asked ${via === "chat" ? "in the chat" : "aloud"}`;
  }

  cardOf(id) {
    if (!this.cards.has(id)) {
      const [by, question] = [make("p", { className: "by faint" }), make("p", { className: "question" })];
      const text = make("p", { className: "answer" }, make("span", { className: "dots", aria: { hidden: "true" } }, make("i"), make("i"), make("i")));
      const cites = make("div", { className: "cites" });
      const card = make("article", {}, by, question, text, cites);
      card.setAttribute("aria-busy", "true");
      this.cards.set(id, { card, by, question, text, cites, sentences: new Map() });
      byId("answers").append(card);
      this.showHint();
    }
    const found = this.cards.get(id);
    found.card.scrollIntoView({ block: "nearest" });
    return found;
  }

  addSentence({ cause_id, n, text, cites }) {
    if (!this.cards.has(cause_id)) return;
    const card = this.cardOf(cause_id);
    card.sentences.set(n, text);
    card.text.textContent = [...card.sentences].sort((a, b) => a[0] - b[0]).map(([, words]) => words).join(" ");
    this.showCites(card, cites ?? []);
  }

  finish({ cause_id, question, answer, reason, cites, at }) {
    const card = this.cardOf(cause_id);
    card.card.removeAttribute("aria-busy");
    card.question.textContent ||= question;
    card.text.textContent = answer ?? reason;
    card.text.classList.toggle("failed", !answer);
    this.showCites(card, cites ?? [], true);
    announce(answer ? `Answer: ${answer}` : `No answer: ${reason}`, at);
  }

  erase(id, isQuestionToo) {
    const card = this.cards.get(id);
    if (!card) return;
    card.sentences.clear();
    card.text.textContent = ERASED;
    card.cites.replaceChildren();
    if (!isQuestionToo) return;
    card.question.textContent = ERASED;
    card.by.textContent = "";
  }

  showCites(card, cites, isWhole = false) {
    if (isWhole) card.cites.replaceChildren();
    const known = new Set([...card.cites.children].map((button) => button.dataset.line));
    card.cites.append(...cites.filter((cite) => !known.has(cite.line_id)).map((cite) => citeButton(cite, this.onCite)));
  }

  showHint() {
    byId("hint").hidden = this.cards.size > 0;
  }
}

export function citeButton(cite, onCite) {
  const label = `${cite.speaker} ${clock(cite.at_ms)}`;
  const button = make("button", { type: "button", className: "cite", textContent: label, data: { line: cite.line_id } });
  button.title = "Show this line in the transcript";
  button.onclick = () => onCite(cite.line_id);
  return button;
}
