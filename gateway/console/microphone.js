// A microphone, or the sound of a shared tab, as pieces of PCM with their time since it went on.

import { VoiceDetector } from "./voices.js";

const RATE_HZ = 16000;
const SLEPT_MS = 1500;
const VOICE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };

export async function askForSound(source) {
  if (!navigator.mediaDevices) {
    throw new Error("Microphones work on https pages and on localhost only: open this page by such an address.");
  }
  try {
    return source === "tab" ? await askForTab() : await navigator.mediaDevices.getUserMedia({ audio: VOICE });
  } catch (error) {
    throw new Error(REMEDIES[error.name] ?? `The browser gives no sound: ${error.message}`);
  }
}

async function askForTab() {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: { suppressLocalAudioPlayback: false } });
  for (const track of stream.getVideoTracks()) track.stop();
  if (!stream.getAudioTracks().length) throw new DOMException("", "NoTabSound");
  return new MediaStream(stream.getAudioTracks());
}

const REMEDIES = {
  NotAllowedError: "The browser did not allow it. Allow the microphone for this page (the icon beside the address), then start again.",
  NotFoundError: "There is no microphone. Plug one in, then start again.",
  NotReadableError: "Another program holds the microphone. Close that program, then start again.",
  NoTabSound: "That tab was shared without its sound. Share it again, and tick “Also share tab audio”.",
};

export class Microphone {
  constructor(stream, { onPiece, onVoice, onLevel, onEnded }) {
    this.stream = stream;
    this.told = { onPiece, onVoice, onLevel };
    this.voices = new VoiceDetector();
    this.isMuted = false;
    this.skipped_ms = 0;
    this.pieces_ms = 0;
    stream.getAudioTracks()[0].addEventListener("ended", onEnded);
  }

  async start() {
    const context = (this.context = contextFor(this.stream));
    await context.audioWorklet.addModule("/console/capture.js");
    this.source = context.createMediaStreamSource(this.stream);
    this.worklet = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
    this.worklet.port.onmessage = ({ data }) => this.take(new Int16Array(data));
    this.source.connect(this.worklet);
    await context.resume();
  }

  take(pcm) {
    // A computer that slept: its sound card's clock stood still, the world's did not.
    const behind_ms = Date.now() - this.context.currentTime * 1000;
    this.began_behind_ms ??= behind_ms;
    const slept_ms = behind_ms - this.began_behind_ms - this.skipped_ms;
    if (slept_ms > SLEPT_MS) this.skipped_ms += slept_ms;
    if (this.isMuted) pcm.fill(0);
    const length_ms = lengthOf(pcm);
    const at_ms = this.pieces_ms + this.skipped_ms;
    this.pieces_ms += length_ms;
    this.told.onPiece(at_ms, pcm);
    const level = loudness(pcm);
    this.told.onLevel(level);
    const isTalking = this.voices.push(level, length_ms);
    if (isTalking !== null) this.told.onVoice(at_ms, isTalking);
  }

  stop() {
    for (const track of this.stream.getTracks()) track.stop();
    if (this.worklet) this.worklet.port.onmessage = null;
    return this.context?.close();
  }
}

// Firefox connects a stream to a context of the stream's own rate only; the worklet then changes the rate.
function contextFor(stream) {
  const context = new AudioContext({ sampleRate: RATE_HZ });
  try {
    context.createMediaStreamSource(stream).disconnect();
    return context;
  } catch {
    context.close();
    return new AudioContext();
  }
}

function lengthOf(pcm) {
  return (pcm.length * 1000) / RATE_HZ;
}

function loudness(pcm) {
  let sum = 0;
  for (const sample of pcm) sum += sample * sample;
  return Math.sqrt(sum / pcm.length) / 32768;
}
