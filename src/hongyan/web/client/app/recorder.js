// Records the microphone as the browser can: Opus, which other browsers play; stock clients know Speex only.

const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const MAX_SECONDS = 60;
const BITS_PER_SECOND = 24_000;

export class Recorder {
  static isPossible() {
    return "MediaRecorder" in window && Boolean(navigator.mediaDevices);
  }

  /**
   * @param {() => void} tick is called every second
   * @param {(seconds: number, sound: Uint8Array) => void} done
   */
  constructor(tick, done) {
    this.tick = tick;
    this.done = done;
    this.begun = 0;
    /** @type {MediaRecorder | null} */
    this.recorder = null;
    this.isDiscarded = false;
    this.timer = 0;
  }

  get seconds() {
    return this.recorder ? Math.min(Math.floor((Date.now() - this.begun) / 1000), MAX_SECONDS) : 0;
  }

  async start() {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: BITS_PER_SECOND });
    /** @type {Blob[]} */
    const pieces = [];
    recorder.ondataavailable = (event) => pieces.push(event.data);
    recorder.onstop = async () => {
      clearInterval(this.timer);
      for (const track of stream.getTracks()) track.stop();
      const seconds = Math.max(1, this.seconds);
      const sound = new Uint8Array(await new Blob(pieces).arrayBuffer());
      if (!this.isDiscarded && sound.length) this.done(seconds, sound);
    };
    this.recorder = recorder;
    this.begun = Date.now();
    recorder.start();
    this.timer = window.setInterval(() => {
      this.tick();
      if (this.seconds >= MAX_SECONDS) this.stop();
    }, 500);
  }

  stop() {
    if (this.recorder?.state === "recording") this.recorder.stop();
  }

  discard() {
    this.isDiscarded = true;
    this.stop();
  }
}
