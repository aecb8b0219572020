// Base64, as forgiving as the original's: white space and "=" are skipped, anything else foreign spoils it all.

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/**
 * @param {string} text
 * @returns {Uint8Array | null} null when it is none
 */
export function fromBase64(text) {
  const stripped = text.replace(/[\s=]/g, "");
  if (!/^[A-Za-z0-9+/]+$/.test(stripped) || stripped.length % 4 === 1) return null;
  return Uint8Array.from(atob(stripped), (character) => character.charCodeAt(0));
}
