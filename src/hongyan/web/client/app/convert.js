// Messages of the protocol to the shapes of the state.
import { chatKey } from "../state/model.js";
import { GROUP, GROUP_AUDIO, GROUP_TEXT, SINGLE } from "../wire/content.js";

/** @param {import("../wire/messages.js").UserInfoFields} info @returns {import("../state/model.js").User} */
export function toUser(info) {
  return {
    id: info.userId,
    nick: info.userNickName,
    name: info.userRealName,
    pinyin: info.userDomain,
    avatar: info.avatarUrl,
    department: info.departmentId,
    email: info.email,
    phone: info.userTel,
    sex: info.userGender,
    status: info.status,
    signature: info.signInfo ?? "",
  };
}

/** @param {import("../wire/messages.js").GroupInfoFields} info @returns {import("../state/model.js").Group} */
export function toGroup(info) {
  return {
    id: info.groupId,
    version: info.version,
    name: info.groupName,
    avatar: info.groupAvatar,
    creator: info.groupCreatorId,
    type: info.groupType,
    isMuted: info.shieldStatus === 1,
    members: info.groupMemberList,
  };
}

/** @param {import("../wire/messages.js").DepartInfoFields} info @returns {import("../state/model.js").Department} */
export function toDepartment(info) {
  return { id: info.deptId, name: info.deptName, parent: info.parentDeptId, priority: info.priority };
}

/** @param {import("../wire/messages.js").MsgInfoFields} info @returns {import("../state/model.js").Message} */
export function fromHistory(info) {
  return {
    id: info.msgId,
    clientId: "",
    from: info.fromSessionId,
    time: info.createTime,
    type: info.msgType,
    data: info.msgData,
    status: "sent",
  };
}

/** @param {import("../wire/messages.js").IMMsgDataFields} data @returns {import("../state/model.js").Message} */
export function fromDelivery(data) {
  return {
    id: data.msgId,
    clientId: data.clientMsgId ?? "",
    from: data.fromUserId,
    time: data.createTime,
    type: data.msgType,
    data: data.msgData,
    status: "sent",
  };
}

/**
 * The conversation of a delivered message, as this user sees it.
 * @param {import("../wire/messages.js").IMMsgDataFields} data
 * @param {number} me
 */
export function chatOf(data, me) {
  if (data.msgType === GROUP_TEXT || data.msgType === GROUP_AUDIO) return chatKey(GROUP, data.toSessionId);
  return chatKey(SINGLE, data.fromUserId === me ? data.toSessionId : data.fromUserId);
}
