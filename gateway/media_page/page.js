// The page in the bot: it plays what the assistant says, and shows people in the call what it does.

import { Sound } from "./sound.js";

const context = new AudioContext({ latencyHint: "interactive" });
new Sound(location.pathname.replace(/\/$/, "") + "/socket", context, show);

function show({ name, state, caption }) {
  if (name) document.getElementById("name").textContent = name;
  if (caption !== undefined) document.getElementById("caption").textContent = caption;
  if (!state) return;
  document.body.dataset.state = state;
  document.getElementById("state").textContent = state;
}
