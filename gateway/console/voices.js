// Whether somebody talks into a microphone, by loudness alone: soon enough to stop the assistant in the middle of a word.

const FLOOR = 0.004;
const ABOVE = 3; // times the noise of the room
const ON_MS = 160;
const OFF_MS = 600;

export class VoiceDetector {
  constructor() {
    this.noise = FLOOR;
    this.isOn = false;
    this.lasted_ms = 0; // of the opposite of what is told
  }

  // Returns true or false where that changed, else null.
  push(level, length_ms) {
    const isLoud = level > Math.max(FLOOR, this.noise) * ABOVE;
    if (!isLoud) this.noise += (level - this.noise) * 0.05;
    else this.noise += (level - this.noise) * 0.0005;
    this.lasted_ms = isLoud === this.isOn ? 0 : this.lasted_ms + length_ms;
    if (this.lasted_ms < (this.isOn ? OFF_MS : ON_MS)) return null;
    this.isOn = !this.isOn;
    this.lasted_ms = 0;
    return this.isOn;
  }
}
