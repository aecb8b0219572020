// What the client knows: the shapes, and how it all begins.

/** @typedef {{ id: number, nick: string, name: string, pinyin: string, avatar: string, department: number, email: string, phone: string, sex: number, status: number, signature: string }} User */
/** @typedef {{ id: number, name: string, parent: number, priority: number }} Department */
/** @typedef {{ id: number, version: number, name: string, avatar: string, creator: number, type: number, isMuted: boolean, members: number[] }} Group */
/**
 * `id` is 0 as long as the server has not numbered it. `data` is msg_data as it travels.
 * @typedef {{ id: number, clientId: string, from: number, time: number, type: number, data: Uint8Array, status: "sent" | "pending" | "failed", error?: string, progress?: number, blob?: Blob, fileName?: string }} Message
 */
/**
 * A conversation. `messages` are those that were loaded, without gaps, oldest first; `pending` are our own on their way.
 * @typedef {{
 *   key: string, type: number, id: number, time: number,
 *   latestId: number, latestType: number, latestData: Uint8Array | null, latestFrom: number,
 *   unread: number, isMentioned: boolean, isRemoved: boolean, isListed: boolean,
 *   messages: Message[], pending: Message[], isLoaded: boolean, isLoading: boolean, isComplete: boolean,
 *   draft: string, typingUntil: number,
 * }} Chat
 */
/** @typedef {{ kind: "group" } | { kind: "members", group: number } | { kind: "profile", user: number } | { kind: "settings" } | { kind: "image", url: string } | { kind: "add", group: number }} Dialog */
/** @typedef {{ language: "en" | "zh", theme: "auto" | "light" | "dark", notifications: boolean }} Settings */
/**
 * @typedef {{
 *   phase: "starting" | "signed-out" | "signing-in" | "loading" | "ready",
 *   link: "online" | "connecting",
 *   retryAt: number,
 *   notice: string,
 *   triedName: string,
 *   me: number,
 *   msfs: string,
 *   users: Map<number, User>,
 *   departments: Map<number, Department>,
 *   groups: Map<number, Group>,
 *   presence: Map<number, number>,
 *   chats: Map<string, Chat>,
 *   active: string | null,
 *   panel: "chats" | "contacts" | "groups",
 *   query: string,
 *   closedDepartments: Set<number>,
 *   dialog: Dialog | null,
 *   toast: string,
 *   settings: Settings,
 * }} State
 */

/**
 * @param {Settings} settings
 * @returns {State}
 */
export function initialState(settings) {
  return {
    phase: "starting",
    link: "connecting",
    retryAt: 0,
    notice: "",
    triedName: "",
    me: 0,
    msfs: "",
    users: new Map(),
    departments: new Map(),
    groups: new Map(),
    presence: new Map(),
    chats: new Map(),
    active: null,
    panel: "chats",
    query: "",
    closedDepartments: new Set(),
    dialog: null,
    toast: "",
    settings,
  };
}

/**
 * @param {number} type 1 single, 2 group
 * @param {number} id
 */
export function chatKey(type, id) {
  return `${type}:${id}`;
}

/**
 * @param {string} key
 * @returns {Chat}
 */
export function newChat(key) {
  const [type, id] = key.split(":").map(Number);
  return {
    key,
    type: type ?? 0,
    id: id ?? 0,
    time: 0,
    latestId: 0,
    latestType: 0,
    latestData: null,
    latestFrom: 0,
    unread: 0,
    isMentioned: false,
    isRemoved: false,
    isListed: false,
    messages: [],
    pending: [],
    isLoaded: false,
    isLoading: false,
    isComplete: false,
    draft: "",
    typingUntil: 0,
  };
}
