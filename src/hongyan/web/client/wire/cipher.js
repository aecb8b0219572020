// The message cipher of the clients: AES-256-ECB with the length at the end, in Base64. It hides text from
// nobody, since every client has the same key; it is here because the others expect it.
import { ecb } from "../vendor/noble-ciphers/aes.js";
import { fromBase64, toBase64 } from "./base64.js";

const BLOCK = 16;
const LENGTH_BYTES = 4;
const KEY = new TextEncoder().encode("12345678901234567890123456789012");
const utf8 = new TextDecoder();

/**
 * @param {string} text not empty
 * @returns {Uint8Array}
 */
export function encryptText(text) {
  const plain = new TextEncoder().encode(text);
  const padded = new Uint8Array(Math.ceil((plain.length + LENGTH_BYTES) / BLOCK) * BLOCK);
  padded.set(plain);
  new DataView(padded.buffer).setUint32(padded.length - LENGTH_BYTES, plain.length);
  return new TextEncoder().encode(toBase64(ecb(KEY, { disablePadding: true }).encrypt(padded)));
}

/**
 * Reads msg_data. What cannot be decrypted is shown as it is: it is stored, and somebody wrote it.
 * @param {Uint8Array} data
 */
export function decryptText(data) {
  const raw = utf8.decode(data);
  const bytes = fromBase64(raw);
  if (bytes === null || bytes.length === 0 || bytes.length % BLOCK !== 0) return raw;
  const padded = ecb(KEY, { disablePadding: true }).decrypt(bytes);
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(padded.length - LENGTH_BYTES);
  return length > padded.length ? raw : decodeUtf8(padded.subarray(0, length));
}

/**
 * Decodes UTF-8 and what Android makes of it: NUL as C0 80, emoji as two surrogates of three bytes each.
 * @param {Uint8Array} bytes
 */
export function decodeUtf8(bytes) {
  const text = utf8.decode(bytes);
  if (!text.includes("\ufffd")) return text;
  let repaired = "";
  for (let at = 0; at < bytes.length; ) {
    const surrogate = bytes[at] === 0xed && (bytes[at + 1] ?? 0) >= 0xa0;
    if (bytes[at] === 0xc0 && bytes[at + 1] === 0x80) {
      repaired += "\0";
      at += 2;
    } else if (surrogate) {
      repaired += String.fromCharCode(0xd000 | (((bytes[at + 1] ?? 0) & 0x3f) << 6) | ((bytes[at + 2] ?? 0) & 0x3f));
      at += 3;
    } else {
      const end = at + sequenceLength(bytes[at] ?? 0);
      repaired += utf8.decode(bytes.subarray(at, end));
      at = end;
    }
  }
  return repaired;
}

/** @param {number} lead */
function sequenceLength(lead) {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}
