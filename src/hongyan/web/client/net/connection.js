// One WebSocket: requests with their answers, notices, heartbeats, and the end of it.
import { decodeFrames, encodeFrame } from "../wire/frame.js";
import { ERROR_NOTICE, HEARTBEAT, HEARTBEAT as BEAT } from "../wire/messages.js";
import { decode, encode } from "../wire/schema.js";

const CONNECT_LIMIT_MS = 10_000;
const ANSWER_LIMIT_MS = 15_000;
const BEAT_EVERY_MS = 20_000;
const SILENCE_LIMIT_MS = 55_000;
const MAX_SEQ = 0x7fff;

/** @template T @typedef {import("../wire/schema.js").Command<T>} Command */

/** The server refused a request; `code` is one of docs/protocol.md. */
export class RefusedError extends Error {
  /**
   * @param {number} code
   * @param {string} text
   * @param {number | undefined} retryAfterMs undefined where the answer would stay the same
   */
  constructor(code, text, retryAfterMs) {
    super(text);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The connection is gone, or does not answer in time. */
export class LostError extends Error {}

/** @typedef {{ reply: Command<any>, resolve: (value: any) => void, reject: (error: Error) => void, timer: number }} Waiting */

export class Connection {
  /** @param {WebSocket} socket already open */
  constructor(socket) {
    this.socket = socket;
    this.seq = 0;
    /** @type {Map<number, Waiting>} */
    this.waiting = new Map();
    /** @type {Map<number, { command: Command<any>, handler: (message: any) => void }>} */
    this.handlers = new Map();
    /** @type {Promise<string>} the reason, once it is closed */
    this.closed = new Promise((resolve) => (this.resolveClosed = resolve));
    this.lastReceived = this.lastSent = Date.now();
    this.beat = setInterval(() => this.keepAlive(), 5_000);
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = (event) => this.end(event.reason || "lost");
  }

  /**
   * @param {string} url
   * @returns {Promise<Connection>}
   */
  static open(url) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      socket.binaryType = "arraybuffer";
      const timer = setTimeout(() => socket.close(), CONNECT_LIMIT_MS);
      socket.onopen = () => {
        clearTimeout(timer);
        resolve(new Connection(socket));
      };
      socket.onclose = () => {
        clearTimeout(timer);
        reject(new LostError(url));
      };
    });
  }

  /**
   * Asks and waits for the answer.
   * @template Q, A
   * @param {Command<Q>} command
   * @param {Command<A>} reply
   * @param {Q} fields
   * @returns {Promise<A>}
   */
  request(command, reply, fields) {
    this.seq = this.seq >= MAX_SEQ ? 1 : this.seq + 1;
    const seq = this.seq;
    return new Promise((resolve, reject) => {
      const timer = window.setTimeout(() => this.settle(seq)?.reject(new LostError(command.name)), ANSWER_LIMIT_MS);
      this.waiting.set(seq, { reply, resolve, reject, timer });
      this.write(command, seq, fields);
    });
  }

  /**
   * Says something that has no answer.
   * @template T
   * @param {Command<T>} command
   * @param {T} fields
   */
  tell(command, fields) {
    this.write(command, 0, fields);
  }

  /**
   * @template T
   * @param {Command<T>} command
   * @param {(message: T) => void} handler
   */
  on(command, handler) {
    this.handlers.set(command.id, { command, handler });
  }

  close() {
    this.socket.close(1000);
    this.end("closed");
  }

  /**
   * @template T
   * @param {Command<T>} command
   * @param {number} seq
   * @param {T} fields
   */
  write(command, seq, fields) {
    if (this.socket.readyState !== WebSocket.OPEN) return; // what waits is told when it closes
    this.lastSent = Date.now();
    this.socket.send(encodeFrame(command.id, seq, encode(command.message, fields)));
  }

  /** @param {ArrayBuffer} data */
  receive(data) {
    this.lastReceived = Date.now();
    for (const frame of decodeFrames(data)) {
      if (frame.command === BEAT.id) continue;
      if (frame.command === ERROR_NOTICE.id) this.refused(decode(ERROR_NOTICE.message, frame.body));
      else if (!this.answer(frame)) this.dispatch(frame);
    }
  }

  /** @param {import("../wire/frame.js").Frame} frame */
  answer(frame) {
    const waiting = frame.seq ? this.waiting.get(frame.seq) : undefined;
    if (waiting?.reply.id !== frame.command) return false;
    this.settle(frame.seq)?.resolve(decode(waiting.reply.message, frame.body));
    return true;
  }

  /** @param {import("../wire/frame.js").Frame} frame */
  dispatch(frame) {
    const entry = this.handlers.get(frame.command);
    if (entry) entry.handler(decode(entry.command.message, frame.body));
  }

  /** @param {import("../wire/messages.js").IMErrorNoticeFields} notice */
  refused(notice) {
    const error = new RefusedError(notice.code, notice.text, notice.retryAfterMs || undefined);
    this.settle(notice.seq ?? 0)?.reject(error);
  }

  /** @param {number} seq */
  settle(seq) {
    const waiting = this.waiting.get(seq);
    if (waiting) {
      clearTimeout(waiting.timer);
      this.waiting.delete(seq);
    }
    return waiting;
  }

  keepAlive() {
    const now = Date.now();
    if (now - this.lastReceived > SILENCE_LIMIT_MS) this.close();
    else if (now - this.lastSent > BEAT_EVERY_MS) this.tell(HEARTBEAT, {});
  }

  /** @param {string} reason */
  end(reason) {
    clearInterval(this.beat);
    this.socket.onmessage = this.socket.onclose = null;
    for (const seq of [...this.waiting.keys()]) this.settle(seq)?.reject(new LostError(reason));
    this.resolveClosed?.(reason);
  }
}
