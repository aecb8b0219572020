// What the views show, worked out of the state; what is dear is remembered until its inputs change.
import { decryptText } from "../wire/cipher.js";
import { GROUP, isAudio, SINGLE, splitText } from "../wire/content.js";
import { remember } from "./remember.js";
import { matches } from "./people.js";

/** @typedef {import("./model.js").State} State */
/** @typedef {import("./model.js").Chat} Chat */

/** @type {WeakMap<Uint8Array, string>} */
const texts = new WeakMap();

/**
 * The text of a message, decrypted once.
 * @param {Uint8Array} data
 */
export function textOf(data) {
  let text = texts.get(data);
  if (text === undefined) {
    text = decryptText(data);
    texts.set(data, text);
  }
  return text;
}

/**
 * @param {State} state
 * @param {number} id
 */
export function userName(state, id) {
  const user = state.users.get(id);
  return user ? user.nick || user.name : `#${id}`;
}

/**
 * @param {State} state
 * @param {Chat} chat
 */
export function chatName(state, chat) {
  return chat.type === GROUP ? (state.groups.get(chat.id)?.name ?? `#${chat.id}`) : userName(state, chat.id);
}

/**
 * @param {State} state
 * @param {Chat} chat
 */
export function isMuted(state, chat) {
  return chat.type === GROUP && (state.groups.get(chat.id)?.isMuted ?? false);
}

/** @param {State} state @param {number} id */
export function isOnline(state, id) {
  return state.presence.get(id) === 1;
}

const sortedChats = remember((/** @type {Map<string, Chat>} */ chats) =>
  [...chats.values()].filter((chat) => chat.isListed && !chat.isRemoved).sort((a, b) => b.time - a.time || b.latestId - a.latestId),
);

/** @param {State} state */
export function visibleChats(state) {
  const chats = sortedChats(state.chats);
  const query = state.query.trim().toLowerCase();
  if (!query) return chats;
  return chats.filter((chat) =>
    chat.type === SINGLE
      ? matches(state.users.get(chat.id), query)
      : chatName(state, chat).toLowerCase().includes(query),
  );
}

/**
 * Messages that wait in conversations that are not muted.
 * @param {State} state
 */
export function totalUnread(state) {
  let total = 0;
  for (const chat of sortedChats(state.chats)) {
    if (!isMuted(state, chat) || chat.isMentioned) total += chat.unread;
  }
  return total;
}

const ownGroups = remember((/** @type {Map<number, import("./model.js").Group>} */ groups, /** @type {number} */ me) =>
  [...groups.values()].filter((group) => group.members.includes(me)).sort((a, b) => a.name.localeCompare(b.name)),
);

/** @param {State} state */
export function visibleGroups(state) {
  const query = state.query.trim().toLowerCase();
  return ownGroups(state.groups, state.me).filter((group) => group.name.toLowerCase().includes(query));
}

/**
 * One line about the newest message.
 * @param {State} state
 * @param {Chat} chat
 * @param {{ image: string, voice: string, file: string }} words
 */
export function preview(state, chat, words) {
  const pending = chat.pending.at(-1);
  const data = pending?.data ?? chat.latestData;
  const type = pending?.type ?? chat.latestType;
  if (!data || (!pending && chat.latestId === 0)) return "";
  const from = pending ? state.me : chat.latestFrom;
  const who = chat.type === GROUP && from !== state.me && from !== 0 ? `${userName(state, from)}: ` : "";
  return who + summary(type, data, words);
}

/**
 * @param {number} type
 * @param {Uint8Array} data
 * @param {{ image: string, voice: string, file: string }} words
 */
export function summary(type, data, words) {
  if (isAudio(type)) return words.voice;
  return splitText(textOf(data))
    .map((part) => (part.kind === "image" ? words.image : part.kind === "file" ? `${words.file} ${part.name}` : part.text))
    .join(" ")
    .replace(/\s+/g, " ")
    .slice(0, 200);
}
