// What the server says by itself.
import { chatKey } from "../state/model.js";
import { isMuted, textOf } from "../state/select.js";
import { GROUP, isAudio } from "../wire/content.js";
import * as wire from "../wire/messages.js";
import { chatOf, fromDelivery } from "./convert.js";

const TYPING = 0x00020001;
const STOPPED_TYPING = 0x00020002;
const TYPING_SHOWN_MS = 6000;
const GAP_AFTER_MS = 400;
const GATHER_PRESENCE_MS = 100; // in the morning a whole company comes online

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("../net/connection.js").Connection} Connection */

/**
 * @param {Connection} connection
 * @param {Session} session
 */
export function listen(connection, session) {
  const { store } = session;
  connection.on(wire.MSG_DATA, (data) => delivered(connection, session, data));
  connection.on(wire.MSG_READ_NOTIFY, (notice) => {
    const key = chatKey(notice.sessionType, notice.sessionId);
    store.dispatch({ type: "chat", key, values: { unread: 0, isMentioned: false } });
  });
  listenToPresence(connection, session);
  connection.on(wire.REMOVE_SESSION_NOTIFY, (notice) => {
    store.dispatch({ type: "chat", key: chatKey(notice.sessionType, notice.sessionId), values: { isRemoved: true } });
  });
  connection.on(wire.GROUP_CHANGE_MEMBER_NOTIFY, (notice) => groupChanged(connection, session, notice));
  connection.on(wire.SIGN_INFO_CHANGED_NOTIFY, (notice) =>
    changeUser(session, notice.changedUserId, { signature: notice.signInfo }),
  );
  connection.on(wire.AVATAR_CHANGED_NOTIFY, (notice) =>
    changeUser(session, notice.changedUserId, { avatar: notice.avatarUrl }),
  );
  connection.on(wire.P2P_COMMAND, (command) => commanded(session, command));
  connection.on(wire.KICK_USER, () => session.kicked());
}

/**
 * @param {Connection} connection
 * @param {Session} session
 */
function listenToPresence(connection, session) {
  /** @type {[number, number][]} */
  let entries = [];
  const tell = () => {
    session.store.dispatch({ type: "presence", entries });
    entries = [];
  };
  connection.on(wire.STATUS_NOTIFY, ({ userStat }) => {
    if (entries.push([userStat.userId, userStat.status]) === 1) setTimeout(tell, GATHER_PRESENCE_MS);
  });
}

/**
 * @param {Connection} connection
 * @param {Session} session
 * @param {import("../wire/messages.js").IMMsgDataFields} data
 */
function delivered(connection, session, data) {
  const { store } = session;
  const { me } = store.state;
  const key = chatOf(data, me);
  const [sessionType = 0, sessionId = 0] = key.split(":").map(Number);
  connection.tell(wire.MSG_DATA_ACK, { userId: me, sessionId, msgId: data.msgId, sessionType });
  const message = fromDelivery(data);
  const isSeen = session.isLookingAt(key);
  const isMention = sessionType === GROUP && !isAudio(message.type) && session.mentionsMe(textOf(message.data));
  const isNews = message.from !== me && message.id > (store.state.chats.get(key)?.latestId ?? 0);
  store.dispatch({ type: "arrived", key, message, isSeen, isMention });
  void session.attempt(() => session.sync.learn(connection, key));
  if (isSeen) session.markRead(key);
  setTimeout(() => void session.attempt(() => session.sync.fillGap(connection, key)), GAP_AFTER_MS);
  const chat = store.state.chats.get(key);
  if (isNews && !isSeen && chat && (!isMuted(store.state, chat) || isMention)) session.notifier.message(key, message);
}

/**
 * @param {Connection} connection
 * @param {Session} session
 * @param {import("../wire/messages.js").IMGroupChangeMemberNotifyFields} notice
 */
function groupChanged(connection, session, notice) {
  const { groups, me } = session.store.state;
  const group = groups.get(notice.groupId);
  if (group) session.store.dispatch({ type: "groups", groups: [{ ...group, members: notice.curUserIdList }] });
  else if (notice.curUserIdList.includes(me)) {
    void session.attempt(() => session.sync.groupInfo(connection, [notice.groupId]));
  }
}

/**
 * @param {Session} session
 * @param {import("../wire/messages.js").IMP2PCmdMsgFields} command
 */
function commanded(session, command) {
  let id = 0;
  try {
    id = JSON.parse(command.cmdMsgData).cmd_id;
  } catch {
    return; // not ours to understand
  }
  if (id !== TYPING && id !== STOPPED_TYPING) return;
  const typingUntil = id === TYPING ? Date.now() + TYPING_SHOWN_MS : 0;
  const key = chatKey(1, command.fromUserId);
  session.store.dispatch({ type: "chat", key, values: { typingUntil } });
  if (typingUntil) setTimeout(() => session.store.dispatch({ type: "chat", key, values: {} }), TYPING_SHOWN_MS + 50);
}

/**
 * @param {Session} session
 * @param {number} id
 * @param {Partial<import("../state/model.js").User>} values
 */
function changeUser(session, id, values) {
  const user = session.store.state.users.get(id);
  if (user) session.store.dispatch({ type: "users", users: [{ ...user, ...values }] });
}
