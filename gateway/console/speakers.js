// Each speaker of a meeting has a colour, in the order in which they are met.

import { initials, make } from "./format.js";

const COLOURS = 8;

export class Speakers {
  constructor(assistant = "Chime") {
    this.assistant = assistant;
    this.met = new Map();
  }

  colourOf(name) {
    if (name === this.assistant) return "assistant";
    if (!this.met.has(name)) this.met.set(name, this.met.size % COLOURS);
    return String(this.met.get(name));
  }

  face(name) {
    const text = name === this.assistant ? "✦" : initials(name);
    return make("span", { className: "face", textContent: text, aria: { hidden: "true" }, data: { colour: this.colourOf(name) } });
  }
}
