// What stands inside a message: text with marks for pictures, files of ours, or sound.
import { decryptText } from "./cipher.js";

export const SINGLE = 1;
export const GROUP = 2;
export const SINGLE_TEXT = 0x01;
export const SINGLE_AUDIO = 0x02;
export const GROUP_TEXT = 0x11;
export const GROUP_AUDIO = 0x12;

/** @typedef {{ kind: "text", text: string } | { kind: "image", url: string } | { kind: "file", name: string, url: string }} Part */

const IMAGE = /&\$#@~\^@\[\{:([^]*?):\}\]&\$~@#@/g;
const FILE = /^\u{1F4CE} ([^\n]{1,255})\n(https?:\/\/\S+)$/u;

/** @param {string} url */
export function imageMark(url) {
  return `&$#@~^@[{:${url}:}]&$~@#@`;
}

/**
 * A file as other clients can read it: its name, and a link on a line of its own.
 * @param {string} name
 * @param {string} url
 */
export function fileText(name, url) {
  return `\u{1F4CE} ${name.replace(/\s+/g, " ").slice(0, 255)}\n${url}`;
}

/**
 * Splits a text at its marks.
 * @param {string} text
 * @returns {Part[]}
 */
export function splitText(text) {
  const file = FILE.exec(text);
  if (file) return [{ kind: "file", name: file[1] ?? "", url: file[2] ?? "" }];
  /** @type {Part[]} */
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(IMAGE)) {
    if (match.index > end) parts.push({ kind: "text", text: text.slice(end, match.index) });
    parts.push({ kind: "image", url: match[1] ?? "" });
    end = match.index + match[0].length;
  }
  if (end < text.length || parts.length === 0) parts.push({ kind: "text", text: text.slice(end) });
  return parts;
}

/** @param {number} type */
export function isAudio(type) {
  return type === SINGLE_AUDIO || type === GROUP_AUDIO;
}

/**
 * Splits a voice message: four bytes of length in seconds, then the sound. A lost one is a number in text.
 * @param {Uint8Array} data
 * @returns {{ seconds: number, sound: Uint8Array }}
 */
export function splitAudio(data) {
  if (data.length <= 4 || data.every((byte) => byte >= 0x30 && byte <= 0x39)) {
    return { seconds: 0, sound: new Uint8Array() };
  }
  return { seconds: new DataView(data.buffer, data.byteOffset).getUint32(0), sound: data.slice(4) };
}

/**
 * @param {number} seconds
 * @param {Uint8Array} sound
 */
export function joinAudio(seconds, sound) {
  const data = new Uint8Array(4 + sound.length);
  new DataView(data.buffer).setUint32(0, seconds);
  data.set(sound, 4);
  return data;
}

/**
 * The text of a message or of a preview; empty for sound.
 * @param {number} type
 * @param {Uint8Array} data
 */
export function readText(type, data) {
  return isAudio(type) ? "" : decryptText(data);
}
