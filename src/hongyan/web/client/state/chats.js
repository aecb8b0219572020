// How one conversation changes.
import { chatKey, newChat } from "./model.js";

/** @typedef {import("./model.js").Chat} Chat */
/** @typedef {import("./model.js").Message} Message */

const REMOVED = 1;

/**
 * Takes an entry of the list of recent sessions.
 * @param {Map<string, Chat>} chats changed in place
 * @param {import("../wire/messages.js").ContactSessionInfoFields} entry
 */
export function listEntry(chats, entry) {
  const key = chatKey(entry.sessionType, entry.sessionId);
  const chat = chats.get(key) ?? newChat(key);
  const isNewer = entry.latestMsgId >= chat.latestId;
  chats.set(key, {
    ...chat,
    isListed: true,
    isRemoved: entry.sessionStatus === REMOVED,
    time: Math.max(chat.time, entry.updatedTime),
    ...(isNewer && {
      latestId: entry.latestMsgId,
      latestType: entry.latestMsgType,
      latestData: entry.latestMsgData,
      latestFrom: entry.latestMsgFromUserId,
    }),
  });
  return chats;
}

/**
 * @param {Map<string, Chat>} chats changed in place
 * @param {import("../wire/messages.js").UnreadInfoFields} entry
 */
export function unreadEntry(chats, entry) {
  const key = chatKey(entry.sessionType, entry.sessionId);
  const chat = chats.get(key) ?? newChat(key);
  const latestId = Math.max(chat.latestId, entry.latestMsgId);
  chats.set(key, { ...chat, isListed: true, unread: entry.unreadCnt, latestId });
  return chats;
}

/**
 * Puts a page of history where it belongs.
 * @param {Chat} chat
 * @param {Message[]} page
 * @param {boolean} isComplete whether nothing older is there
 */
export function mergePage(chat, page, isComplete) {
  const messages = union(chat.messages, page);
  return {
    ...withoutConfirmed(chat, page),
    messages,
    isLoaded: true,
    isLoading: false,
    isComplete: chat.isComplete || isComplete,
  };
}

/**
 * A message came in.
 * @param {Chat} chat
 * @param {Message} message
 * @param {{ me: number, isSeen: boolean, isMention: boolean }} how
 */
export function addMessage(chat, message, { me, isSeen, isMention }) {
  const isNewest = message.id > (chat.messages.at(-1)?.id ?? 0);
  if (!isNewest && chat.messages.some((known) => known.id === message.id)) return chat;
  const isOwn = message.from === me;
  const isUnread = !isOwn && !isSeen && message.id > chat.latestId;
  const next = chat.isLoaded ? { ...chat, messages: union(chat.messages, [message]) } : { ...chat };
  next.isListed = true;
  next.isRemoved = false;
  next.unread = isUnread ? chat.unread + 1 : chat.unread;
  next.isMentioned = chat.isMentioned || (isUnread && isMention);
  next.typingUntil = isOwn ? chat.typingUntil : 0;
  return withLatest(next, message);
}

/**
 * Our own message has its number.
 * @param {Chat} chat
 * @param {string} clientId
 * @param {number} id
 * @param {number} time
 */
export function acknowledge(chat, clientId, id, time) {
  const message = chat.pending.find((each) => each.clientId === clientId);
  if (!message) return chat;
  /** @type {Message} */
  const sent = { ...message, id, time, status: "sent", blob: undefined, progress: undefined };
  const pending = chat.pending.filter((each) => each !== message);
  const messages = chat.isLoaded ? union(chat.messages, [sent]) : chat.messages;
  return withLatest({ ...chat, pending, messages, isListed: true, isRemoved: false }, sent);
}

/**
 * @param {Chat} chat
 * @param {string} clientId
 * @param {string} error
 */
export function fail(chat, clientId, error) {
  return patchPending(chat, clientId, { status: "failed", error, progress: undefined });
}

/**
 * @param {Chat} chat
 * @param {string} clientId
 * @param {Partial<Message>} values
 */
export function patchPending(chat, clientId, values) {
  const pending = chat.pending.map((each) => (each.clientId === clientId ? { ...each, ...values } : each));
  return { ...chat, pending };
}

/**
 * @param {Chat} chat
 * @param {Message} message
 */
function withLatest(chat, message) {
  if (message.id < chat.latestId) return chat;
  return {
    ...chat,
    latestId: message.id,
    latestType: message.type,
    latestData: message.data,
    latestFrom: message.from,
    time: Math.max(message.time, chat.time),
  };
}

/**
 * Joins two lists by id; what is known already stays as it is.
 * @param {Message[]} known
 * @param {Message[]} news
 */
function union(known, news) {
  const [oldest, newest] = [known[0]?.id ?? 0, known.at(-1)?.id ?? 0];
  // The two cases that come all the time must not look at what may be a hundred thousand messages.
  if (news.every((each) => each.id > newest)) return [...known, ...news.toSorted((a, b) => a.id - b.id)];
  if (news.every((each) => each.id < oldest)) return [...news.toSorted((a, b) => a.id - b.id), ...known];
  const all = new Map(news.map((each) => [each.id, each]));
  for (const each of known) all.set(each.id, each);
  return [...all.values()].sort((a, b) => a.id - b.id);
}

/**
 * A message whose ack was lost is found in the history under its client id.
 * @param {Chat} chat
 * @param {Message[]} page
 */
function withoutConfirmed(chat, page) {
  const found = new Set(page.map((each) => each.clientId).filter(Boolean));
  return { ...chat, pending: chat.pending.filter((each) => !found.has(each.clientId)) };
}
