// A microphone's way to ingest. What was not told to be safe is kept, and sent again on the next socket.

const BACK_AFTER_MS = [200, 400, 800, 1500, 3000];
const KEPT_MS = 600_000;
const PATIENCE_MS = 6000; // without a word that anything is safe, the socket is taken for dead
const FAREWELL_MS = 2500;
const OVER = 1000; // by which ingest ends the socket of a meeting that is over

export class Uplink {
  // `onOver` is told when the meeting has ended.
  constructor(url, hello, onState, onOver) {
    this.url = url;
    this.hello = hello;
    this.onState = onState; // ({isConnected, waiting_ms})
    this.onOver = onOver;
    this.started_at = 0;
    this.pieces = []; // of sound that is not safe yet, in order
    this.safe_ms = 0;
    this.tries = 0;
    this.isReady = false;
    this.isOver = false;
    this.connect();
  }

  connect() {
    const socket = (this.socket = new WebSocket(this.url));
    socket.binaryType = "arraybuffer";
    this.heard_at = Date.now();
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", ...this.hello, started_at: this.started_at }));
    socket.onmessage = ({ data }) => this.heed(JSON.parse(data));
    socket.onclose = ({ code }) => (code === OVER ? this.end() : this.onClose(socket));
  }

  heed(told) {
    this.heard_at = Date.now();
    if (told.type === "welcome") {
      this.started_at = told.started_at;
      this.tries = 0;
      this.isReady = true;
      for (const piece of this.pieces) this.socket.send(piece.message);
      this.tell();
    }
    if (told.type === "landed") {
      this.safe_ms = Math.max(this.safe_ms, told.until_ms);
      while (this.pieces.length && this.pieces[0].end_ms <= this.safe_ms) this.pieces.shift();
      if (!this.pieces.length) this.onAllSafe?.();
    }
  }

  onClose(socket) {
    if (socket !== this.socket || this.isOver) return;
    this.isReady = false;
    this.tell();
    const pause = BACK_AFTER_MS[Math.min(this.tries++, BACK_AFTER_MS.length - 1)];
    this.retry = setTimeout(() => this.connect(), pause);
  }

  // `pcm` is an Int16Array.
  send(at_ms, pcm) {
    const message = new ArrayBuffer(8 + pcm.byteLength);
    new DataView(message).setFloat64(0, at_ms, true);
    new Int16Array(message, 8).set(pcm);
    this.pieces.push({ end_ms: at_ms + pcm.length / 16, message });
    while (this.waiting_ms > KEPT_MS) this.pieces.shift();
    if (this.isReady) this.socket.send(message);
    if (this.isReady && Date.now() - this.heard_at > PATIENCE_MS) this.giveUp();
    if (!this.isReady) this.tell();
  }

  end() {
    if (this.isOver) return;
    this.close();
    this.onOver();
  }

  giveUp() {
    this.socket.onclose = null;
    this.socket.close();
    this.onClose(this.socket);
  }

  voice(at_ms, is_on) {
    if (this.isReady) this.socket.send(JSON.stringify({ type: "voice", at_ms, is_on }));
  }

  get waiting_ms() {
    return this.pieces.length ? this.pieces.at(-1).end_ms - this.safe_ms : 0;
  }

  tell() {
    this.onState({ isConnected: this.isReady, waiting_ms: this.waiting_ms });
  }

  // Ends once all is safe, or after a moment.
  async finish() {
    if (this.isReady && this.pieces.length) {
      const safe = new Promise((resolve) => (this.onAllSafe = resolve));
      // The last piece of a chunk only lands with the socket's end.
      const nearly = new Promise((resolve) => setTimeout(resolve, this.waiting_ms > 200 ? FAREWELL_MS : 150));
      await Promise.race([safe, nearly]);
    }
    this.close();
  }

  close() {
    this.isOver = true;
    clearTimeout(this.retry);
    this.socket.close(1000);
  }
}
