// Being in a room: one's microphone goes up, the assistant's voice comes down.

import { Sound } from "/media-page/sound.js";
import { byId } from "./format.js";
import { Microphone, askForSound } from "./microphone.js";
import { Uplink } from "./uplink.js";

export class Room {
  // `enter` gives the entrance for a participant id; `onChange` is told when something is to be shown anew.
  constructor({ enter, onChange, onTold = () => {}, onOver = () => {} }) {
    this.enter = enter;
    this.onChange = onChange;
    this.onTold = onTold;
    this.onOver = onOver;
    this.microphone = null;
    this.link = { isConnected: false, waiting_ms: 0 };
    this.leavingPage = () => this.uplink?.close();
  }

  get isOn() {
    return this.microphone !== null;
  }

  get isMuted() {
    return this.microphone?.isMuted ?? false;
  }

  // `me`: {name, source, isTable, participant_id}; `stream` where it was asked for already.
  async start(me, stream = null) {
    stream ??= await askForSound(me.source);
    try {
      this.entrance = await this.enter(me.participant_id ?? "");
    } catch (error) {
      for (const track of stream.getTracks()) track.stop();
      throw error;
    }
    this.me = { ...me, participant_id: this.entrance.participant_id };
    const hello = { name: me.name, is_table: me.isTable };
    const onOver = () => this.stop().then(this.onOver);
    this.uplink = new Uplink(this.entrance.socket_url, hello, (link) => this.showLink(link), onOver);
    this.microphone = new Microphone(stream, {
      onPiece: (at_ms, pcm) => this.uplink.send(at_ms, pcm),
      onVoice: (at_ms, isOn) => this.uplink.voice(at_ms, isOn),
      onLevel: (level) => showLevel(level),
      onEnded: () => this.stop(),
    });
    await this.microphone.start();
    this.listen();
    addEventListener("pagehide", this.leavingPage);
    this.onChange();
  }

  // The assistant's voice. Browsers let a page sound once somebody has clicked in it, or gave it a microphone.
  async listen() {
    const context = new AudioContext({ latencyHint: "interactive" });
    await context.resume();
    if (this.isOn && !this.sound) this.sound = new Sound(this.entrance.sound_path, context, this.onTold);
    else context.close();
  }

  showLink(link) {
    const was = this.link;
    this.link = link;
    if (was.isConnected !== link.isConnected || Math.floor(was.waiting_ms / 1000) !== Math.floor(link.waiting_ms / 1000)) this.onChange();
  }

  mute(isMuted) {
    this.microphone.isMuted = isMuted;
    this.onChange();
  }

  // What was said is safe before this returns, or as safe as can be.
  async stop() {
    const { microphone, uplink, sound } = this;
    if (!microphone) return;
    this.microphone = this.sound = null;
    removeEventListener("pagehide", this.leavingPage);
    await microphone.stop();
    await uplink.finish();
    sound?.close();
    sound?.context.close();
    showLevel(0);
    this.link = { isConnected: false, waiting_ms: 0 };
    this.onChange();
  }
}

function showLevel(level) {
  byId("level").style.setProperty("--level", Math.min(1, Math.sqrt(level) * 2).toFixed(2));
}
