// Runs beside the sound card: whatever comes in becomes PCM of 16 kHz, mono, in pieces of 40 ms.

const RATE_HZ = 16000;
const PIECE = 640;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.piece = new Int16Array(PIECE);
    this.filled = 0;
    this.step = sampleRate / RATE_HZ; // samples that come in for each that goes out
    this.at = 0; // where the next one lies, counted from the block's first sample
    this.last = 0;
  }

  process([channels]) {
    if (!channels.length) return true;
    const block = mono(channels);
    for (; this.at < block.length; this.at += this.step) this.put(this.sample(block));
    this.at -= block.length;
    this.last = block[block.length - 1];
    return true;
  }

  sample(block) {
    if (this.step === 1) return block[this.at];
    if (this.step > 1) return mean(block, this.at, Math.min(this.at + this.step, block.length));
    const before = Math.floor(this.at);
    const from = before ? block[before - 1] : this.last;
    return from + (block[before] - from) * (this.at - before);
  }

  put(sample) {
    this.piece[this.filled++] = Math.max(-1, Math.min(1, sample)) * 32767;
    if (this.filled < PIECE) return;
    this.port.postMessage(this.piece.buffer, [this.piece.buffer]);
    this.piece = new Int16Array(PIECE);
    this.filled = 0;
  }
}

function mono(channels) {
  if (channels.length === 1) return channels[0];
  return channels[0].map((sample, n) => (sample + channels[1][n]) / 2);
}

// Over a stretch with broken ends: a plain low-pass before samples are left out.
function mean(block, from, to) {
  let sum = 0;
  for (let n = Math.floor(from); n < to; n++) sum += block[n] * (Math.min(to, n + 1) - Math.max(from, n));
  return sum / (to - from);
}

registerProcessor("capture", Capture);
