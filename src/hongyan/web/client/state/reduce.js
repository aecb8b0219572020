// How the state changes: pure, one function per kind of action.
import { addMessage, acknowledge, fail, listEntry, mergePage, patchPending, unreadEntry } from "./chats.js";
import { newChat } from "./model.js";

/** @typedef {import("./model.js").State} State */
/** @typedef {import("./model.js").Chat} Chat */
/** @typedef {import("./model.js").Message} Message */
/**
 * @typedef {{ type: "set", values: Partial<State> }
 *   | { type: "users", users: import("./model.js").User[] }
 *   | { type: "departments", departments: import("./model.js").Department[], gone: number[] }
 *   | { type: "groups", groups: import("./model.js").Group[], gone?: number[] }
 *   | { type: "presence", entries: [number, number][] }
 *   | { type: "recent", sessions: import("../wire/messages.js").ContactSessionInfoFields[] }
 *   | { type: "unread", entries: import("../wire/messages.js").UnreadInfoFields[] }
 *   | { type: "page", key: string, messages: Message[], isComplete: boolean }
 *   | { type: "arrived", key: string, message: Message, isSeen: boolean, isMention: boolean }
 *   | { type: "sending", key: string, message: Message }
 *   | { type: "pending", key: string, clientId: string, values: Partial<Message> }
 *   | { type: "acked", key: string, clientId: string, id: number, time: number }
 *   | { type: "failed", key: string, clientId: string, error: string }
 *   | { type: "chat", key: string, values: Partial<Chat> }
 *   | { type: "stale" }
 *   | { type: "settings", values: Partial<import("./model.js").Settings> }
 * } Action
 */

/**
 * @param {State} state
 * @param {Action} action
 * @returns {State}
 */
export function reduce(state, action) {
  switch (action.type) {
    case "set":
      return { ...state, ...action.values };
    case "settings":
      return { ...state, settings: { ...state.settings, ...action.values } };
    case "users":
      return { ...state, users: merged(state.users, action.users) };
    case "departments":
      return { ...state, departments: merged(state.departments, action.departments, action.gone) };
    case "groups":
      return { ...state, groups: merged(state.groups, action.groups, action.gone) };
    case "presence":
      return { ...state, presence: new Map([...state.presence, ...action.entries]) };
    case "recent":
      return { ...state, chats: action.sessions.reduce(listEntry, new Map(state.chats)) };
    case "unread":
      return { ...state, chats: action.entries.reduce(unreadEntry, withoutUnread(state.chats, action.entries)) };
    case "stale":
      return { ...state, chats: stale(state) };
    default:
      return reduceChat(state, action);
  }
}

/**
 * @param {State} state
 * @param {Extract<Action, { key: string }>} action
 */
function reduceChat(state, action) {
  const chat = state.chats.get(action.key) ?? newChat(action.key);
  const next = changedChat(chat, action, state.me);
  return next === chat ? state : { ...state, chats: new Map(state.chats).set(action.key, next) };
}

/**
 * @param {Chat} chat
 * @param {Extract<Action, { key: string }>} action
 * @param {number} me
 * @returns {Chat}
 */
function changedChat(chat, action, me) {
  switch (action.type) {
    case "page":
      return mergePage(chat, action.messages, action.isComplete);
    case "arrived":
      return addMessage(chat, action.message, { me, isSeen: action.isSeen, isMention: action.isMention });
    case "sending":
      return { ...chat, pending: [...chat.pending.filter((m) => m.clientId !== action.message.clientId), action.message] };
    case "pending":
      return patchPending(chat, action.clientId, action.values);
    case "acked":
      return acknowledge(chat, action.clientId, action.id, action.time);
    case "failed":
      return fail(chat, action.clientId, action.error);
    case "chat":
      return { ...chat, ...action.values };
  }
}

/**
 * @template {{ id: number }} T
 * @param {Map<number, T>} known
 * @param {T[]} news
 * @param {number[]} gone
 */
function merged(known, news, gone = []) {
  const all = new Map(known);
  for (const each of news) all.set(each.id, each);
  for (const id of gone) all.delete(id);
  return all;
}

/**
 * The server's counters are the truth: what it does not name has been read elsewhere.
 * @param {Map<string, Chat>} chats
 * @param {import("../wire/messages.js").UnreadInfoFields[]} entries
 */
function withoutUnread(chats, entries) {
  const named = new Set(entries.map((entry) => `${entry.sessionType}:${entry.sessionId}`));
  const all = new Map(chats);
  for (const [key, chat] of chats) {
    if (chat.unread && !named.has(key)) all.set(key, { ...chat, unread: 0, isMentioned: false });
  }
  return all;
}

/**
 * After a reconnect: conversations whose newest message was missed are loaded again when they are looked at.
 * @param {State} state
 */
function stale(state) {
  const all = new Map(state.chats);
  for (const [key, chat] of state.chats) {
    const newest = chat.messages.at(-1)?.id ?? 0;
    if (key !== state.active && chat.isLoaded && chat.latestId > newest) {
      all.set(key, { ...chat, messages: [], isLoaded: false, isComplete: false });
    }
  }
  return all;
}
