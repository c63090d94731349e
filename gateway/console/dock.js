// The bar beneath the transcript: one's own microphone, and what the assistant is told without words.

import { byId } from "./format.js";

export function showDock(room, { isRoom, isOver, assistant }) {
  const isOn = room.isOn;
  byId("dock").hidden = isOver;
  byId("turn-on").hidden = !isRoom || isOn;
  byId("mine").hidden = !isOn;
  byId("invite").hidden = !isRoom || isOver;
  byId("mute").textContent = room.isMuted ? "Unmute" : "Mute";
  byId("mute").setAttribute("aria-pressed", String(room.isMuted));
  byId("leave").textContent = isRoom ? "End" : "Leave";
  byId("leave").title = isRoom ? "End the meeting for everybody" : `Take ${assistant} out of the meeting`;
  showMicrophone(room);
}

export function showMicrophone(room) {
  byId("microphone").textContent = wordsOf(room);
  byId("mine").dataset.tone = !room.link.isConnected ? "wait" : room.isMuted ? "muted" : "live";
}

function wordsOf(room) {
  if (!room.isOn) return "";
  const waiting_s = Math.round(room.link.waiting_ms / 1000);
  if (!room.link.isConnected) return waiting_s > 1 ? `No connection: ${waiting_s} s kept, sent when it is back` : "Connecting…";
  if (waiting_s > 3) return `Catching up: ${waiting_s} s`;
  return room.isMuted ? "You are muted" : `You are heard as ${room.me.isTable ? "everyone here" : room.me.name}`;
}
