// One signed-in user: what he does, what the server says, and the connection in between.
import { Keeper } from "../net/keeper.js";
import { LostError, RefusedError } from "../net/connection.js";
import { upload, UploadError } from "../net/upload.js";
import { chatKey } from "../state/model.js";
import { userName } from "../state/select.js";
import { GROUP, SINGLE } from "../wire/content.js";
import * as wire from "../wire/messages.js";
import { passwordDigest } from "../wire/password.js";
import { t } from "../i18n/index.js";
import { toUser } from "./convert.js";
import { listen } from "./incoming.js";
import { saveDrafts, savedDrafts, savedSession, saveSession } from "./memory.js";
import { Notifier } from "./notifier.js";
import { Outbox } from "./outbox.js";
import { Sync } from "./sync.js";

const TYPING_EVERY_MS = 4000;
const TEMPORARY_GROUP = 2;
const ADD = 1;
const REMOVE = 2;
const TOAST_MS = 5000;

/** @typedef {import("../state/store.js").Store} Store */
/** @typedef {import("../net/connection.js").Connection} Connection */

/** The original's words for a wrong name or password, which it says in whatever language the page is. */
const WRONG = "用户名/密码错误";

export class Session {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    /** @type {Keeper | null} */
    this.keeper = null;
    /** @type {Connection | null} */
    this.connection = null;
    this.sync = new Sync(store);
    this.outbox = new Outbox(store, () => this.connection);
    this.notifier = new Notifier(store, (key) => this.open(key));
    this.typedAt = 0;
    document.addEventListener("visibilitychange", () => this.lookAgain());
    window.addEventListener("focus", () => this.lookAgain());
  }

  // Signing in and out.

  begin() {
    const saved = savedSession();
    if (saved) this.start(saved);
    else this.store.dispatch({ type: "set", values: { phase: "signed-out" } });
  }

  /** @param {string} name @param {string} password */
  signIn(name, password) {
    this.start({ name, digest: passwordDigest(password) });
  }

  async signOut() {
    const token = savedSession()?.token;
    await this.attempt(async () => {
      if (token) await this.ask(wire.REVOKE_SESSION, wire.REVOKE_SESSION_REPLY, { userId: this.me, sessionToken: token });
    });
    this.leave("");
  }

  kicked() {
    this.leave(t("kicked"));
  }

  /** @param {import("../net/login.js").Credentials} credentials */
  start(credentials) {
    this.store.dispatch({ type: "set", values: { phase: credentials.token ? "loading" : "signing-in", notice: "" } });
    this.keeper = new Keeper(credentials, {
      connecting: (retryAt) => {
        this.connection = null;
        this.store.dispatch({ type: "set", values: { link: "connecting", retryAt } });
      },
      connected: (connection, answer, places) => this.connected(connection, answer, places),
      refused: (error) => this.leave(credentials.token ? t("signedOutElsewhere") : refusal(error), credentials.name),
      kicked: () => this.leave(t("kicked")),
    });
    void this.keeper.run();
  }

  /**
   * @param {Connection} connection
   * @param {import("../wire/messages.js").IMLoginResFields} answer
   * @param {import("../net/login.js").Places} places
   */
  async connected(connection, answer, places) {
    const user = toUser(/** @type {import("../wire/messages.js").UserInfoFields} */ (answer.userInfo));
    if (answer.sessionToken) saveSession({ name: user.name, token: answer.sessionToken });
    this.store.dispatch({ type: "users", users: [user] });
    this.store.dispatch({ type: "set", values: { me: user.id, msfs: places.msfs } });
    listen(connection, this);
    await this.sync.everything(connection);
    this.connection = connection;
    if (this.store.state.phase !== "ready") this.restoreDrafts();
    this.store.dispatch({ type: "set", values: { phase: "ready", link: "online" } });
    const { active } = this.store.state;
    if (active) await this.attempt(() => this.sync.newer(connection, active));
    this.outbox.resume();
    this.lookAgain();
    await this.sync.presence(connection); // last, since nobody waits for it
  }

  /** @param {string} notice @param {string} name who tried to sign in */
  leave(notice, name = "") {
    this.keeper?.stop();
    saveSession(null);
    sessionStorage.setItem("hongyan.notice", notice);
    sessionStorage.setItem("hongyan.name", name);
    location.reload(); // nothing of this user stays in memory
  }

  restoreDrafts() {
    for (const [key, draft] of Object.entries(savedDrafts(this.me))) {
      this.store.dispatch({ type: "chat", key, values: { draft } });
    }
  }

  // Reading.

  get me() {
    return this.store.state.me;
  }

  /** @param {string} key */
  open(key) {
    this.store.dispatch({ type: "chat", key, values: {} });
    this.store.dispatch({ type: "set", values: { active: key, dialog: null } });
    const chat = this.store.state.chats.get(key);
    if (!chat?.isLoaded) this.older(key);
    this.lookAgain();
    // Where there is a keyboard one wants to write at once; on a phone it would cover half of the screen.
    if (!window.matchMedia("(pointer: coarse)").matches) setTimeout(() => document.getElementById("draft")?.focus(), 50);
  }

  close() {
    this.store.dispatch({ type: "set", values: { active: null } });
  }

  /** @param {string} key */
  older(key) {
    const { connection } = this;
    if (connection) void this.attempt(() => this.sync.older(connection, key));
  }

  /** @param {string} key */
  isLookingAt(key) {
    return this.store.state.active === key && document.visibilityState === "visible" && document.hasFocus();
  }

  lookAgain() {
    const { active, chats } = this.store.state;
    if (active && chats.get(active)?.unread && this.isLookingAt(active)) this.markRead(active);
  }

  /** @param {string} key */
  markRead(key) {
    const chat = this.store.state.chats.get(key);
    if (!chat || !this.connection) return;
    this.store.dispatch({ type: "chat", key, values: { unread: 0, isMentioned: false } });
    this.connection.tell(wire.MSG_READ_ACK, {
      userId: this.me,
      sessionId: chat.id,
      msgId: chat.latestId,
      sessionType: chat.type,
    });
  }

  /** @param {string} text */
  mentionsMe(text) {
    return text.includes(`@${userName(this.store.state, this.me)}`);
  }

  // Writing.

  /** @param {string} key @param {string} draft */
  draft(key, draft) {
    this.store.dispatch({ type: "chat", key, values: { draft } });
    const texts = [...this.store.state.chats.values()].filter((chat) => chat.draft).map((chat) => [chat.key, chat.draft]);
    saveDrafts(this.me, Object.fromEntries(texts));
    if (draft) this.tellTyping(key);
  }

  /** @param {string} key */
  tellTyping(key) {
    const [type, id] = key.split(":").map(Number);
    if (type !== SINGLE || !id || Date.now() - this.typedAt < TYPING_EVERY_MS) return;
    this.typedAt = Date.now();
    const cmdMsgData = JSON.stringify({ cmd_id: 0x00020001, content: "writing", service_id: 2 });
    this.connection?.tell(wire.P2P_COMMAND, { fromUserId: this.me, toUserId: id, cmdMsgData });
  }

  /** @param {string} key @param {string} text */
  send(key, text) {
    const trimmed = text.trim();
    if (!trimmed) return;
    this.outbox.text(key, trimmed);
    this.draft(key, "");
    this.typedAt = 0;
  }

  // Groups.

  /** @param {string} name @param {number[]} members */
  async createGroup(name, members) {
    await this.attempt(async () => {
      const answer = await this.ask(wire.GROUP_CREATE, wire.GROUP_CREATE_REPLY, {
        userId: this.me,
        groupType: TEMPORARY_GROUP,
        groupName: name,
        groupAvatar: "",
        memberIdList: [this.me, ...members],
      });
      if (answer.resultCode !== 0 || !answer.groupId) throw new RefusedError(0, t("groupRefused"), undefined);
      const key = chatKey(GROUP, answer.groupId);
      await this.withConnection((connection) => this.sync.groupInfo(connection, [answer.groupId ?? 0]));
      this.store.dispatch({ type: "chat", key, values: { isListed: true, time: Math.floor(Date.now() / 1000) } });
      this.open(key);
    });
  }

  /** @param {number} groupId @param {number[]} members */
  addMembers(groupId, members) {
    return this.changeMembers(groupId, ADD, members);
  }

  /** @param {number} groupId @param {number} member */
  removeMember(groupId, member) {
    return this.changeMembers(groupId, REMOVE, [member]);
  }

  /** @param {number} groupId @param {number} changeType @param {number[]} memberIdList */
  async changeMembers(groupId, changeType, memberIdList) {
    await this.attempt(async () => {
      const answer = await this.ask(wire.GROUP_CHANGE_MEMBER, wire.GROUP_CHANGE_MEMBER_REPLY, {
        userId: this.me,
        changeType,
        groupId,
        memberIdList,
      });
      if (answer.resultCode !== 0) throw new RefusedError(0, t("groupRefused"), undefined);
      const group = this.store.state.groups.get(groupId);
      if (group) this.store.dispatch({ type: "groups", groups: [{ ...group, members: answer.curUserIdList }] });
    });
  }

  /** @param {number} groupId @param {boolean} isMuted */
  async mute(groupId, isMuted) {
    await this.attempt(async () => {
      await this.ask(wire.GROUP_SHIELD, wire.GROUP_SHIELD_REPLY, { userId: this.me, groupId, shieldStatus: isMuted ? 1 : 0 });
      const group = this.store.state.groups.get(groupId);
      if (group) this.store.dispatch({ type: "groups", groups: [{ ...group, isMuted }] });
    });
  }

  /** @param {string} key */
  async removeChat(key) {
    const [sessionType = 0, sessionId = 0] = key.split(":").map(Number);
    await this.attempt(async () => {
      await this.ask(wire.REMOVE_SESSION, wire.REMOVE_SESSION_REPLY, { userId: this.me, sessionType, sessionId });
      this.store.dispatch({ type: "chat", key, values: { isRemoved: true } });
      if (this.store.state.active === key) this.close();
    });
  }

  // Profile.

  /** @param {string} signature */
  async changeSignature(signature) {
    await this.attempt(async () => {
      await this.ask(wire.CHANGE_SIGN_INFO, wire.CHANGE_SIGN_INFO_REPLY, { userId: this.me, signInfo: signature });
      this.changeMe({ signature });
    });
  }

  /** @param {Blob} picture @param {string} fileName */
  async changeAvatar(picture, fileName) {
    await this.attempt(async () => {
      const avatarUrl = await upload(this.store.state.msfs, picture, fileName, () => {});
      await this.ask(wire.CHANGE_AVATAR, wire.CHANGE_AVATAR_REPLY, { userId: this.me, avatarUrl });
      this.changeMe({ avatar: avatarUrl });
    });
  }

  /** @param {Partial<import("../state/model.js").User>} values */
  changeMe(values) {
    const user = this.store.state.users.get(this.me);
    if (user) this.store.dispatch({ type: "users", users: [{ ...user, ...values }] });
  }

  // Asking.

  /**
   * @template Q, A
   * @param {import("../wire/schema.js").Command<Q>} command
   * @param {import("../wire/schema.js").Command<A>} reply
   * @param {Q} fields
   */
  ask(command, reply, fields) {
    return this.withConnection((connection) => connection.request(command, reply, fields));
  }

  /**
   * @template T
   * @param {(connection: Connection) => Promise<T>} work
   */
  withConnection(work) {
    return this.connection ? work(this.connection) : Promise.reject(new LostError("offline"));
  }

  /**
   * Runs what may fail, and says so.
   * @param {() => Promise<unknown>} work
   */
  async attempt(work) {
    try {
      await work();
    } catch (error) {
      if (error instanceof RefusedError) this.toast(error.message);
      else if (error instanceof LostError) this.toast(t("noConnection"));
      else this.toast(error instanceof UploadError ? t("uploadFailed") : t("somethingFailed"));
    }
  }

  /** @param {string} toast */
  toast(toast) {
    this.store.dispatch({ type: "set", values: { toast } });
    setTimeout(() => this.store.state.toast === toast && this.store.dispatch({ type: "set", values: { toast: "" } }), TOAST_MS);
  }
}

/** @param {Error} error */
function refusal(error) {
  return error.message && error.message !== WRONG ? error.message : t("wrongPassword");
}
