// Frames: a header of 16 bytes and a protobuf body, big-endian (the same as over TCP).

export const HEADER_BYTES = 16;
const VERSION = 1;

/** @typedef {{ command: number, seq: number, body: Uint8Array }} Frame */

/**
 * @param {number} command
 * @param {number} seq
 * @param {Uint8Array} body
 */
export function encodeFrame(command, seq, body) {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  view.setUint16(4, VERSION);
  view.setUint16(8, command >> 8); // the service is the command's high byte
  view.setUint16(10, command);
  view.setUint16(12, seq);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/**
 * Cuts a message of the WebSocket into the whole frames that it holds.
 * @param {ArrayBuffer} buffer
 * @returns {Frame[]}
 */
export function decodeFrames(buffer) {
  const view = new DataView(buffer);
  const frames = [];
  let position = 0;
  while (position < buffer.byteLength) {
    const length = buffer.byteLength - position < HEADER_BYTES ? 0 : view.getUint32(position);
    if (length < HEADER_BYTES || position + length > buffer.byteLength) throw new Error("not whole frames");
    frames.push({
      command: view.getUint16(position + 10),
      seq: view.getUint16(position + 12),
      body: new Uint8Array(buffer, position + HEADER_BYTES, length - HEADER_BYTES),
    });
    position += length;
  }
  return frames;
}
