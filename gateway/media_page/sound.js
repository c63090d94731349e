// What the assistant says, over a WebSocket, as it is made; what has played goes back. Comes back after any break.

import { Player } from "./player.js";

const TELL_EVERY_MS = 100;
const BACK_AFTER_MS = [250, 500, 1000, 2000, 5000];

export class Sound {
  constructor(path, context, onTold = () => {}) {
    this.path = path;
    this.context = context;
    this.onTold = onTold; // ({name, state, caption}), each only where it changed
    this.lastId = "";
    this.tries = 0;
    this.isOver = false;
    this.player = new Player(context, (told) => {
      if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: "played", ...told }));
    });
    this.timer = setInterval(() => this.player.tell(), TELL_EVERY_MS);
    this.connect();
  }

  connect() {
    const address = new URL(this.path, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (this.lastId) address.searchParams.set("after", this.lastId);
    this.socket = new WebSocket(address);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => {
      this.tries = 0;
      this.onTold({ state: "listening" });
    };
    this.socket.onmessage = ({ data }) => (typeof data === "string" ? this.heed(JSON.parse(data)) : this.play(data));
    this.socket.onclose = () => {
      if (this.isOver) return;
      this.onTold({ state: "connecting" });
      const pause = BACK_AFTER_MS[Math.min(this.tries++, BACK_AFTER_MS.length - 1)];
      this.retry = setTimeout(() => this.connect(), pause);
    };
  }

  heed(told) {
    if (told.stop) this.player.stop(told.stop);
    this.onTold(told);
  }

  play(data) {
    const length = new DataView(data).getUint16(0, true);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 2, length)));
    this.lastId = head.id;
    if (this.context.state !== "running") this.context.resume();
    this.player.push(head, new Int16Array(data.slice(2 + length)));
  }

  close() {
    this.isOver = true;
    clearInterval(this.timer);
    clearTimeout(this.retry);
    this.player.silence();
    this.socket.close();
  }
}
