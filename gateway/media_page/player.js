// Plays pieces of PCM one after the other, and knows at every moment how much of a sentence has come out.

const LEAD_S = 0.04; // between a piece that comes too late for its place and its sound

export class Player {
  constructor(context, report) {
    this.context = context;
    this.report = report; // ({sentence, played_ms, is_over})
    this.current = null;
  }

  push({ sentence, at_ms, rate_hz, is_last }, pcm) {
    if (this.current?.sentence !== sentence || at_ms < this.current.from_ms) {
      this.silence();
      this.current = { sentence, from_ms: at_ms, parts: [], next_s: 0, is_last: false };
    }
    const now = this.current;
    now.is_last = is_last;
    if (pcm.length) this.schedule(now, pcm, rate_hz);
    this.tell();
  }

  schedule(now, pcm, rate_hz) {
    const buffer = this.context.createBuffer(1, pcm.length, rate_hz);
    const samples = buffer.getChannelData(0);
    for (let n = 0; n < pcm.length; n++) samples[n] = pcm[n] / 32768;
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.context.destination);
    const start_s = now.next_s > this.context.currentTime ? now.next_s : this.context.currentTime + LEAD_S;
    source.start(start_s);
    now.parts.push({ source, start_s, length_s: buffer.duration });
    now.next_s = start_s + buffer.duration;
  }

  played_ms() {
    const at_s = this.context.currentTime;
    let played_s = 0;
    for (const part of this.current.parts) played_s += Math.min(Math.max(at_s - part.start_s, 0), part.length_s);
    return this.current.from_ms + Math.round(played_s * 1000);
  }

  tell() {
    if (!this.current) return;
    const { sentence, is_last, next_s } = this.current;
    const is_over = is_last && this.context.currentTime >= next_s;
    this.report({ sentence, played_ms: this.played_ms(), is_over });
    if (is_over) this.current = null;
  }

  stop(sentence) {
    if (this.current?.sentence !== sentence) return;
    const played_ms = this.played_ms();
    this.silence();
    this.report({ sentence, played_ms, is_over: true });
  }

  silence() {
    for (const { source } of this.current?.parts ?? []) source.stop();
    this.current = null;
  }
}
