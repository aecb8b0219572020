// Brings the state up to what the server has: after the login and after every reconnect.
import { GROUP } from "../wire/content.js";
import * as wire from "../wire/messages.js";
import { fromHistory, toDepartment, toGroup, toUser } from "./convert.js";

const PRESENCE_BATCH = 2000;
const GROUP_BATCH = 500;
const PAGE = 50;
const OLDER_PAGE = 100; // who scrolls back wants more at once
const DEPARTMENT_GONE = 1;
const FIXED_GROUP = 1;

/** @typedef {import("../net/connection.js").Connection} Connection */
/** @typedef {import("../state/store.js").Store} Store */

export class Sync {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    this.usersTime = 0;
    this.departmentsTime = 0;
    this.recentTime = 0;
    /** @type {Set<string>} holes that were looked into already */
    this.triedGaps = new Set();
  }

  get me() {
    return this.store.state.me;
  }

  /** What one must see before one can do anything. @param {Connection} connection */
  async everything(connection) {
    await Promise.all([
      this.departments(connection),
      this.users(connection),
      this.groups(connection),
      this.recent(connection).then(() => this.unread(connection)),
    ]);
    await this.temporaryGroups(connection);
  }

  /** The list of groups names the fixed ones only; of the others one learns by their conversations. @param {Connection} connection */
  async temporaryGroups(connection) {
    const { groups, chats } = this.store.state;
    const known = [...groups.values()].filter((group) => group.type !== FIXED_GROUP).map((group) => group.id);
    const unknown = [...chats.values()].filter((chat) => chat.type === GROUP && !groups.has(chat.id)).map((chat) => chat.id);
    const ids = [...known, ...unknown];
    for (let at = 0; at < ids.length; at += GROUP_BATCH) await this.groupInfo(connection, ids.slice(at, at + GROUP_BATCH));
  }

  /** @param {Connection} connection */
  async departments(connection) {
    const answer = await connection.request(wire.DEPARTMENTS, wire.DEPARTMENTS_REPLY, {
      userId: this.me,
      latestUpdateTime: this.departmentsTime,
    });
    this.departmentsTime = answer.latestUpdateTime;
    const isGone = (/** @type {wire.DepartInfoFields} */ info) => info.deptStatus === DEPARTMENT_GONE;
    const departments = answer.deptList.filter((info) => !isGone(info)).map(toDepartment);
    this.store.dispatch({ type: "departments", departments, gone: answer.deptList.filter(isGone).map((d) => d.deptId) });
  }

  /** @param {Connection} connection */
  async users(connection) {
    const answer = await connection.request(wire.ALL_USERS, wire.ALL_USERS_REPLY, {
      userId: this.me,
      latestUpdateTime: this.usersTime,
    });
    this.usersTime = answer.latestUpdateTime;
    this.store.dispatch({ type: "users", users: answer.userList.map(toUser) });
  }

  /** @param {Connection} connection */
  async groups(connection) {
    const answer = await connection.request(wire.GROUP_LIST, wire.GROUP_LIST_REPLY, { userId: this.me });
    const known = this.store.state.groups;
    const listed = new Set(answer.groupVersionList.map((entry) => entry.groupId));
    const gone = [...known.values()].filter((group) => group.type === FIXED_GROUP && !listed.has(group.id)).map((g) => g.id);
    this.store.dispatch({ type: "groups", groups: [], gone });
    for (let at = 0; at < answer.groupVersionList.length; at += GROUP_BATCH) {
      const batch = answer.groupVersionList.slice(at, at + GROUP_BATCH);
      await this.groupInfo(connection, batch.map((entry) => entry.groupId));
    }
  }

  /**
   * @param {Connection} connection
   * @param {number[]} ids
   */
  async groupInfo(connection, ids) {
    // Version 0 always: muting a group does not change its version.
    const answer = await connection.request(wire.GROUP_INFO, wire.GROUP_INFO_REPLY, {
      userId: this.me,
      groupVersionList: ids.map((groupId) => ({ groupId, version: 0 })),
    });
    this.store.dispatch({ type: "groups", groups: answer.groupInfoList.map(toGroup) });
  }

  /** @param {Connection} connection */
  async recent(connection) {
    const answer = await connection.request(wire.RECENT_SESSIONS, wire.RECENT_SESSIONS_REPLY, {
      userId: this.me,
      latestUpdateTime: this.recentTime,
    });
    for (const entry of answer.contactSessionList) this.recentTime = Math.max(this.recentTime, entry.updatedTime);
    this.store.dispatch({ type: "recent", sessions: answer.contactSessionList });
  }

  /** @param {Connection} connection */
  async unread(connection) {
    const answer = await connection.request(wire.UNREAD_COUNT, wire.UNREAD_COUNT_REPLY, { userId: this.me });
    this.store.dispatch({ type: "unread", entries: answer.unreadinfoList });
    this.store.dispatch({ type: "stale" });
  }

  /** @param {Connection} connection */
  async presence(connection) {
    const ids = [...this.store.state.users.keys()];
    for (let at = 0; at < ids.length; at += PRESENCE_BATCH) {
      const answer = await connection.request(wire.USERS_STATUS, wire.USERS_STATUS_REPLY, {
        userId: this.me,
        userIdList: ids.slice(at, at + PRESENCE_BATCH),
      });
      this.store.dispatch({ type: "presence", entries: answer.userStatList.map((stat) => [stat.userId, stat.status]) });
    }
  }

  /**
   * Loads the newest page of a conversation, or the one before what is there.
   * @param {Connection} connection
   * @param {string} key
   */
  async older(connection, key) {
    const chat = this.store.state.chats.get(key);
    if (chat?.isLoading || chat?.isComplete) return;
    this.store.dispatch({ type: "chat", key, values: { isLoading: true } });
    try {
      const oldest = chat?.messages[0]?.id ?? 0;
      const count = oldest ? OLDER_PAGE : PAGE;
      const messages = oldest === 1 ? [] : await this.page(connection, key, oldest ? oldest - 1 : 0, count);
      this.store.dispatch({ type: "page", key, messages, isComplete: messages.length < count });
    } catch (error) {
      this.store.dispatch({ type: "chat", key, values: { isLoading: false } });
      throw error;
    }
  }

  /**
   * Loads what a conversation lacks between what was loaded and the newest message.
   * @param {Connection} connection
   * @param {string} key
   */
  async newer(connection, key) {
    const chat = this.store.state.chats.get(key);
    if (!chat?.isLoaded) return this.older(connection, key);
    const known = chat.messages.at(-1)?.id ?? 0;
    /** @type {import("../state/model.js").Message[]} */
    const missed = [];
    let begin = 0;
    do {
      const page = await this.page(connection, key, begin, PAGE);
      missed.push(...page.filter((message) => message.id > known));
      const oldest = page.reduce((least, message) => Math.min(least, message.id), Infinity);
      begin = page.length === PAGE && oldest > known + 1 ? oldest - 1 : 0;
    } while (begin);
    if (missed.length) this.store.dispatch({ type: "page", key, messages: missed, isComplete: false });
  }

  /**
   * Fills a hole that deliveries left, once.
   * @param {Connection} connection
   * @param {string} key
   */
  async fillGap(connection, key) {
    const messages = this.store.state.chats.get(key)?.messages ?? [];
    const at = messages.findLastIndex((message, index) => index > 0 && message.id > (messages[index - 1]?.id ?? 0) + 1);
    const [before, after] = [messages[at - 1], messages[at]];
    if (!before || !after || this.triedGaps.has(`${key}/${after.id}`)) return;
    this.triedGaps.add(`${key}/${after.id}`);
    const found = await this.page(connection, key, after.id - 1, Math.min(after.id - before.id - 1, 500));
    this.store.dispatch({ type: "page", key, messages: found, isComplete: false });
  }

  /**
   * @param {Connection} connection
   * @param {string} key
   * @param {number} begin the highest id wanted, 0 for the newest
   * @param {number} count
   */
  async page(connection, key, begin, count) {
    const [sessionType, sessionId] = key.split(":").map(Number);
    const answer = await connection.request(wire.MSG_LIST, wire.MSG_LIST_REPLY, {
      userId: this.me,
      sessionType: sessionType ?? 0,
      sessionId: sessionId ?? 0,
      msgIdBegin: begin,
      msgCnt: count,
    });
    return answer.msgList.map(fromHistory);
  }

  /**
   * Learns of a group that was not known when a message from it came.
   * @param {Connection} connection
   * @param {string} key
   */
  async learn(connection, key) {
    const [type, id] = key.split(":").map(Number);
    const { groups, users } = this.store.state;
    if (type === GROUP && id && !groups.has(id)) await this.groupInfo(connection, [id]);
    if (type !== GROUP && id && !users.has(id)) {
      const answer = await connection.request(wire.USERS_INFO, wire.USERS_INFO_REPLY, { userId: this.me, userIdList: [id] });
      this.store.dispatch({ type: "users", users: answer.userInfoList.map(toUser) });
    }
  }
}

