// The page behind an invitation: a name, a microphone, and the assistant's voice.

import { json } from "./api.js";
import { showMicrophone } from "./dock.js";
import { byId } from "./format.js";
import { Room } from "./room.js";

const DOING = { connecting: "Connecting…", listening: "Listening", thinking: "Thinking", speaking: "Speaking" };

const room = new Room({
  enter: (participant_id) => json("POST", `${location.pathname}enter`, { participant_id }),
  onChange: show,
  onTold: follow,
  onOver: () => tell("The meeting is over. Thank you for coming."),
});

function show() {
  byId("come-in").hidden = room.isOn;
  byId("inside").hidden = !room.isOn;
  byId("bot").textContent = room.entrance?.bot_name ?? "";
  byId("mute").textContent = room.isMuted ? "Unmute" : "Mute";
  byId("mute").setAttribute("aria-pressed", String(room.isMuted));
  showMicrophone(room);
}

function follow({ state, caption }) {
  if (caption !== undefined) byId("words").textContent = caption;
  if (!state) return;
  byId("inside").dataset.state = state;
  byId("doing").textContent = DOING[state] ?? state;
}

function tell(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = !text;
}

byId("come-in").onsubmit = async (event) => {
  event.preventDefault();
  tell("");
  try {
    const name = byId("my-name").value.trim() || "Guest";
    await room.start({ name, source: "microphone", isTable: false, participant_id: history.state?.participant_id });
    history.replaceState({ participant_id: room.me.participant_id }, "");
  } catch (error) {
    tell(error.message);
  }
};
byId("mute").onclick = () => room.mute(!room.isMuted);
byId("go").onclick = async () => {
  await room.stop();
  tell("You have left the room. Come in again whenever you like.");
};
