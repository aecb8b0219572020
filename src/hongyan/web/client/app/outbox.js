// Messages on their way out: each has an id of its own, so that it may be sent again without coming twice.
import { LostError, RefusedError } from "../net/connection.js";
import { upload, UploadError } from "../net/upload.js";
import { t } from "../i18n/index.js";
import { encryptText } from "../wire/cipher.js";
import { fileText, GROUP, GROUP_AUDIO, GROUP_TEXT, imageMark, joinAudio, SINGLE_AUDIO, SINGLE_TEXT } from "../wire/content.js";
import { MSG_DATA, MSG_DATA_ACK } from "../wire/messages.js";

/** @typedef {import("../state/model.js").Message} Message */
/** @typedef {import("../state/store.js").Store} Store */
/** @typedef {import("../net/connection.js").Connection} Connection */

const RETRIES_AFTER_MS = [1000, 3000];
const NO_TEXT = new Uint8Array();

export class Outbox {
  /**
   * @param {Store} store
   * @param {() => Connection | null} connection the one that is up now
   */
  constructor(store, connection) {
    this.store = store;
    this.connection = connection;
    /** @type {Map<string, Promise<void>>} the last send of each conversation: one at a time, so that order is kept */
    this.lines = new Map();
    /** @type {Map<string, AbortController>} by client id: what ends an upload */
    this.uploads = new Map();
  }

  /** @param {string} key @param {string} text */
  text(key, text) {
    this.post(key, { type: kindOf(key, false), data: encryptText(text) });
  }

  /** @param {string} key @param {number} seconds @param {Uint8Array} sound */
  voice(key, seconds, sound) {
    this.post(key, { type: kindOf(key, true), data: joinAudio(seconds, sound) });
  }

  /** @param {string} key @param {File | Blob} blob @param {string} fileName */
  file(key, blob, fileName) {
    this.post(key, { type: kindOf(key, false), data: NO_TEXT, blob, fileName, progress: 0 });
  }

  /** @param {string} key @param {string} clientId */
  retry(key, clientId) {
    const message = this.find(key, clientId);
    if (!message) return;
    this.store.dispatch({ type: "pending", key, clientId, values: { status: "pending", error: undefined } });
    this.queue(key, clientId);
  }

  /** @param {string} key @param {string} clientId */
  discard(key, clientId) {
    this.uploads.get(clientId)?.abort();
    const chat = this.store.state.chats.get(key);
    const pending = chat?.pending.filter((message) => message.clientId !== clientId) ?? [];
    this.store.dispatch({ type: "chat", key, values: { pending } });
  }

  /** The connection is up again: send what has no answer yet. */
  resume() {
    for (const chat of this.store.state.chats.values()) {
      for (const message of chat.pending) {
        if (message.status === "pending") this.queue(chat.key, message.clientId);
      }
    }
  }

  /** @param {string} key @param {Partial<Message> & { type: number, data: Uint8Array }} content */
  post(key, content) {
    const clientId = newClientId();
    /** @type {Message} */
    const message = { id: 0, clientId, from: this.store.state.me, time: now(), status: "pending", ...content };
    this.store.dispatch({ type: "sending", key, message });
    this.queue(key, clientId);
  }

  /** @param {string} key @param {string} clientId */
  queue(key, clientId) {
    const line = (this.lines.get(key) ?? Promise.resolve()).then(() => this.send(key, clientId));
    this.lines.set(key, line);
  }

  /** @param {string} key @param {string} clientId */
  async send(key, clientId) {
    /** @type {unknown} */
    let last;
    for (const wait of [0, ...RETRIES_AFTER_MS]) {
      if (wait) await new Promise((resolve) => setTimeout(resolve, wait));
      const message = this.find(key, clientId);
      const connection = this.connection();
      if (!message || message.status !== "pending" || !connection) return; // `resume` comes back to it
      try {
        return await this.attempt(connection, key, message);
      } catch (error) {
        if (error instanceof LostError) return;
        last = error;
        // An upload may have failed because everything is away, which the connection notices a little later.
        const isWorthRepeating = error instanceof UploadError || (error instanceof RefusedError && error.retryAfterMs);
        if (!isWorthRepeating) break;
      }
    }
    this.store.dispatch({ type: "failed", key, clientId, error: reasonOf(last) });
  }

  /** @param {Connection} connection @param {string} key @param {Message} message */
  async attempt(connection, key, message) {
    const data = message.blob ? await this.upload(key, message) : message.data;
    const ack = await connection.request(MSG_DATA, MSG_DATA_ACK, {
      fromUserId: message.from,
      toSessionId: Number(key.split(":")[1]),
      msgId: 0,
      createTime: message.time,
      msgType: message.type,
      msgData: data,
      clientMsgId: message.clientId,
    });
    this.store.dispatch({ type: "acked", key, clientId: message.clientId, id: ack.msgId, time: message.time });
  }

  /** @param {string} key @param {Message} message */
  async upload(key, message) {
    const { clientId, blob, fileName = "file.bin" } = message;
    if (!blob) return message.data;
    const progress = (/** @type {number} */ share) =>
      this.store.dispatch({ type: "pending", key, clientId, values: { progress: share } });
    const ended = new AbortController();
    this.uploads.set(clientId, ended);
    const url = await upload(this.store.state.msfs, blob, fileName, progress, ended.signal).finally(() => this.uploads.delete(clientId));
    const text = isImage(blob) ? imageMark(url) : fileText(fileName, url);
    const data = encryptText(text);
    this.store.dispatch({ type: "pending", key, clientId, values: { data, blob: undefined, progress: undefined } });
    return data;
  }

  /** @param {string} key @param {string} clientId */
  find(key, clientId) {
    return this.store.state.chats.get(key)?.pending.find((message) => message.clientId === clientId);
  }
}

/** @param {unknown} error */
function reasonOf(error) {
  if (error instanceof UploadError) return t("uploadFailed");
  return error instanceof Error ? error.message : String(error);
}

/** @param {Blob} blob */
export function isImage(blob) {
  return /^image\/(png|jpeg|gif|webp)$/.test(blob.type);
}

/** @param {string} key @param {boolean} isAudio */
function kindOf(key, isAudio) {
  const isGroup = key.startsWith(`${GROUP}:`);
  if (isAudio) return isGroup ? GROUP_AUDIO : SINGLE_AUDIO;
  return isGroup ? GROUP_TEXT : SINGLE_TEXT;
}

function newClientId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID wants a secure context
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function now() {
  return Math.floor(Date.now() / 1000);
}
