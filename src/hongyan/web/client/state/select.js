// What the views show, worked out of the state; what is dear is remembered until its inputs change.
import { decryptText } from "../wire/cipher.js";
import { GROUP, isAudio, SINGLE, splitText } from "../wire/content.js";

/** @typedef {import("./model.js").State} State */
/** @typedef {import("./model.js").Chat} Chat */
/** @typedef {import("./model.js").User} User */

/**
 * Remembers the last outcome as long as the inputs are the same objects.
 * @template {unknown[]} A, R
 * @param {(...inputs: A) => R} work
 * @returns {(...inputs: A) => R}
 */
export function remember(work) {
  /** @type {A | null} */
  let last = null;
  /** @type {R} */
  let result;
  return (...inputs) => {
    if (last === null || inputs.some((input, index) => input !== last?.[index])) {
      result = work(...inputs);
      last = inputs;
    }
    return result;
  };
}

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

/**
 * A name, a phone number, or the initials or the whole of a name's pinyin.
 * @param {User | undefined} user
 * @param {string} query in lower case
 */
export function matches(user, query) {
  if (!user) return false;
  return (
    user.nick.toLowerCase().includes(query) ||
    user.name.toLowerCase().includes(query) ||
    user.pinyin.toLowerCase().includes(query) ||
    initials(user.pinyin).startsWith(query) ||
    (query.length >= 3 && user.phone.includes(query))
  );
}

/** How well a user who matches does: the same, begins so, or has it somewhere. @param {User} user @param {string} query */
function closeness(user, query) {
  const names = [user.nick.toLowerCase(), user.name.toLowerCase()];
  if (names.includes(query)) return 0;
  return names.some((name) => name.startsWith(query)) ? 1 : 2;
}

/** @param {string} pinyin words in lower case, separated by anything, or in camel case */
export function initials(pinyin) {
  return pinyin
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0))
    .join("")
    .toLowerCase();
}

/** @typedef {{ kind: "department", id: number, name: string, depth: number, count: number, isOpen: boolean } | { kind: "user", user: User, depth: number }} ContactRow */

const tree = remember(
  (
    /** @type {Map<number, User>} */ users,
    /** @type {Map<number, import("./model.js").Department>} */ departments,
    /** @type {Map<number, number>} */ presence,
  ) => {
    /** @type {Map<number, User[]>} */
    const people = new Map();
    for (const user of users.values()) {
      if (user.status !== 0) continue;
      const home = departments.has(user.department) ? user.department : 0;
      const list = people.get(home);
      if (list) list.push(user);
      else people.set(home, [user]);
    }
    const rank = (/** @type {User} */ user) => (presence.get(user.id) === 1 ? 0 : 1);
    const collator = new Intl.Collator("zh-Hans-u-co-pinyin");
    for (const list of people.values()) {
      list.sort((a, b) => rank(a) - rank(b) || collator.compare(a.nick || a.name, b.nick || b.name));
    }
    /** @type {Map<number, import("./model.js").Department[]>} */
    const children = new Map();
    for (const department of departments.values()) {
      const parent = departments.has(department.parent) ? department.parent : 0;
      children.set(parent, [...(children.get(parent) ?? []), department]);
    }
    for (const list of children.values()) list.sort((a, b) => a.priority - b.priority || a.id - b.id);
    return { people, children };
  },
);

const contactRowsOf = remember(
  (
    /** @type {Map<number, User>} */ users,
    /** @type {Map<number, import("./model.js").Department>} */ departments,
    /** @type {Map<number, number>} */ presence,
    /** @type {Set<number>} */ closed,
    /** @type {string} */ query,
  ) => {
    /** @type {ContactRow[]} */
    const rows = [];
    if (query) {
      for (const user of users.values()) {
        if (user.status === 0 && matches(user, query)) rows.push({ kind: "user", user, depth: 0 });
      }
      const rank = (/** @type {ContactRow} */ row) => (row.kind === "user" ? closeness(row.user, query) : 0);
      return rows.sort((a, b) => rank(a) - rank(b));
    }
    const { people, children } = tree(users, departments, presence);
    /** @type {(id: number, seen: Set<number>) => number} */
    const count = (id, seen) => {
      if (seen.has(id)) return 0;
      seen.add(id);
      let total = people.get(id)?.length ?? 0;
      for (const child of children.get(id) ?? []) total += count(child.id, seen);
      return total;
    };
    /** @type {(id: number, depth: number, seen: Set<number>) => void} */
    const visit = (id, depth, seen) => {
      for (const user of people.get(id) ?? []) rows.push({ kind: "user", user, depth });
      for (const child of children.get(id) ?? []) {
        if (seen.has(child.id)) continue; // a circle of parents must not hang the page
        seen.add(child.id);
        const isOpen = !closed.has(child.id);
        rows.push({ kind: "department", id: child.id, name: child.name, depth, count: count(child.id, new Set()), isOpen });
        if (isOpen) visit(child.id, depth + 1, seen);
      }
    };
    visit(0, 0, new Set());
    return rows;
  },
);

/** @param {State} state */
export function contactRows(state) {
  const query = state.query.trim().toLowerCase();
  return contactRowsOf(state.users, state.departments, state.presence, state.closedDepartments, query);
}

/** @param {State} state */
export function visibleGroups(state) {
  const query = state.query.trim().toLowerCase();
  return [...state.groups.values()]
    .filter((group) => group.members.includes(state.me) && group.name.toLowerCase().includes(query))
    .sort((a, b) => a.name.localeCompare(b.name));
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
