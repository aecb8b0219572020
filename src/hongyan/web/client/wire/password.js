// What is sent in the place of a password: its MD5 in lower-case hex, as the protocol has it.
import { md5 } from "../vendor/noble-hashes/legacy.js";
import { bytesToHex } from "../vendor/noble-hashes/utils.js";

/** @param {string} password */
export function passwordDigest(password) {
  return bytesToHex(md5(new TextEncoder().encode(password)));
}
