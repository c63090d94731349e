// The page in the bot: sound comes over a WebSocket and goes into the meeting; what has played goes back.

import { Player } from "./player.js";

const TELL_EVERY_MS = 100;
const BACK_AFTER_MS = [250, 500, 1000, 2000, 5000];

const context = new AudioContext({ latencyHint: "interactive" });
let socket = null;
let last_id = "";
let tries = 0;

const player = new Player(context, (told) => {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "played", ...told }));
});

function connect() {
  const address = new URL(location.pathname.replace(/\/$/, "") + "/socket", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  if (last_id) address.searchParams.set("after", last_id);
  socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    tries = 0;
    show({ state: "listening" });
  };
  socket.onmessage = ({ data }) => (typeof data === "string" ? heed(JSON.parse(data)) : play(data));
  socket.onclose = () => {
    show({ state: "connecting" });
    setTimeout(connect, BACK_AFTER_MS[Math.min(tries++, BACK_AFTER_MS.length - 1)]);
  };
}

function heed(told) {
  if (told.stop) player.stop(told.stop);
  show(told);
}

function play(data) {
  const length = new DataView(data).getUint16(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 2, length)));
  last_id = head.id;
  if (context.state !== "running") context.resume();
  player.push(head, new Int16Array(data.slice(2 + length)));
}

function show({ name, state, caption }) {
  if (name) document.getElementById("name").textContent = name;
  if (caption !== undefined) document.getElementById("caption").textContent = caption;
  if (!state) return;
  document.body.dataset.state = state;
  document.getElementById("state").textContent = state;
}

setInterval(() => player.tell(), TELL_EVERY_MS);
connect();
