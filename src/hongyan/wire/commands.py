"""The one table of commands: id, message, who may send it to whom, and when (spec/wire.md 6).

A command's legs are written as in the specification: ``C>M>D`` is sent by a client to msg_server
and passed on to db_proxy. Extensions of ours stand at the end (docs/protocol.md).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Any, Final, Generic, TypeVar

from google.protobuf.message import Message

from hongyan.wire.pb import (
    administration_pb2,
    base_define_pb2,
    buddy_pb2,
    extension_pb2,
    file_pb2,
    group_pb2,
    login_pb2,
    message_pb2,
    other_pb2,
    server_pb2,
    switch_service_pb2,
)

M = TypeVar("M", bound=Message)
Q = TypeVar("Q", bound=Message)


class Node(Enum):
    """A kind of participant: a client or one of the servers. The value is its letter in the table."""

    CLIENT = "C"
    LOGIN = "L"
    MSG = "M"
    ROUTE = "R"
    DB_PROXY = "D"
    FILE = "F"
    HTTP_MSG = "H"
    PUSH = "P"
    MSFS = "S"


@dataclass(frozen=True, slots=True, eq=False)
class Command(Generic[M]):
    """One row of the table.

    Attributes:
        id: the only key that dispatch uses.
        name: the identifier in the protocol's enums.
        service: the id of the service, written into headers and never read.
        message: the class of the body.
        legs: the (sender, receiver) pairs that may carry it.
        before_login: whether a client may send it before it has logged in.
        reply: the command of the answer, where there is one.
    """

    id: int
    name: str
    service: int
    message: type[M]
    legs: frozenset[tuple[Node, Node]]
    before_login: bool = False
    reply: "Command[Any] | None" = None

    def may_travel(self, sender: Node, receiver: Node) -> bool:
        """Tell whether ``sender`` may send this command to ``receiver``."""
        return (sender, receiver) in self.legs


COMMANDS: Final[dict[int, Command[Any]]] = {}
"""Every command by its id."""

_NAMES: Final[dict[int, str]] = {
    value.number: value.name
    for file in (base_define_pb2.DESCRIPTOR, extension_pb2.DESCRIPTOR, administration_pb2.DESCRIPTOR)
    for enum in file.enum_types_by_name.values()
    if enum.name.endswith("CmdID")
    for value in enum.values
}


def _legs(text: str) -> Iterator[tuple[Node, Node]]:
    for path in text.split():
        nodes = [Node(letter) for letter in path.split(">")]
        yield from pairwise(nodes)


def _command(
    id_: int,
    message: type[M],
    legs: str,
    *,
    before_login: bool = False,
    reply: Command[Any] | None = None,
) -> Command[M]:
    if id_ in COMMANDS:
        raise ValueError(f"command 0x{id_:04x} stands in the table twice")
    command = Command(id_, _NAMES[id_], id_ >> 8, message, frozenset(_legs(legs)), before_login, reply)
    COMMANDS[id_] = command
    return command


def _exchange(
    request: tuple[int, type[Q], str],
    reply: tuple[int, type[M], str],
    *,
    before_login: bool = False,
) -> tuple[Command[Q], Command[M]]:
    """Declare a request and its answer."""
    answer = _command(*reply)
    return _command(*request, before_login=before_login, reply=answer), answer


# Login (service 1)
MSG_SERVER, MSG_SERVER_REPLY = _exchange(
    (0x0101, login_pb2.IMMsgServReq, "C>L"),
    (0x0102, login_pb2.IMMsgServRsp, "L>C"),
    before_login=True,
)
LOGIN, LOGIN_REPLY = _exchange(
    (0x0103, login_pb2.IMLoginReq, "C>M"), (0x0104, login_pb2.IMLoginRes, "M>C"), before_login=True
)
LOGOUT, LOGOUT_REPLY = _exchange(
    (0x0105, login_pb2.IMLogoutReq, "C>M"), (0x0106, login_pb2.IMLogoutRsp, "M>C")
)
KICK_USER = _command(0x0107, login_pb2.IMKickUser, "M>C")
DEVICE_TOKEN, DEVICE_TOKEN_REPLY = _exchange(
    (0x0108, login_pb2.IMDeviceTokenReq, "C>M>D"), (0x0109, login_pb2.IMDeviceTokenRsp, "D>M>C")
)
KICK_PC_CLIENT, KICK_PC_CLIENT_REPLY = _exchange(
    (0x010A, login_pb2.IMKickPCClientReq, "C>M"), (0x010B, login_pb2.IMKickPCClientRsp, "M>C")
)
PUSH_SHIELD, PUSH_SHIELD_REPLY = _exchange(
    (0x010C, login_pb2.IMPushShieldReq, "C>M>D"), (0x010D, login_pb2.IMPushShieldRsp, "D>M>C")
)
QUERY_PUSH_SHIELD, QUERY_PUSH_SHIELD_REPLY = _exchange(
    (0x010E, login_pb2.IMQueryPushShieldReq, "C>M>D"),
    (0x010F, login_pb2.IMQueryPushShieldRsp, "D>M>C"),
)
# 0voice_im only, which forwards it nowhere; ours goes on to db_proxy.
REGISTER, REGISTER_REPLY = _exchange(
    (0x0110, login_pb2.IMRegistReq, "C>M>D"),
    (0x0111, login_pb2.IMRegistRes, "D>M>C"),
    before_login=True,
)

# Buddy list (service 2)
RECENT_SESSIONS, RECENT_SESSIONS_REPLY = _exchange(
    (0x0201, buddy_pb2.IMRecentContactSessionReq, "C>M>D"),
    (0x0202, buddy_pb2.IMRecentContactSessionRsp, "D>M>C"),
)
STATUS_NOTIFY = _command(0x0203, buddy_pb2.IMUserStatNotify, "R>M>C")
USERS_INFO, USERS_INFO_REPLY = _exchange(
    (0x0204, buddy_pb2.IMUsersInfoReq, "C>M>D"), (0x0205, buddy_pb2.IMUsersInfoRsp, "D>M>C")
)
REMOVE_SESSION, REMOVE_SESSION_REPLY = _exchange(
    (0x0206, buddy_pb2.IMRemoveSessionReq, "C>M>D"), (0x0207, buddy_pb2.IMRemoveSessionRsp, "D>M>C")
)
ALL_USERS, ALL_USERS_REPLY = _exchange(
    (0x0208, buddy_pb2.IMAllUserReq, "C>M>D"), (0x0209, buddy_pb2.IMAllUserRsp, "D>M>C")
)
USERS_STATUS, USERS_STATUS_REPLY = _exchange(
    (0x020A, buddy_pb2.IMUsersStatReq, "C>M>R"), (0x020B, buddy_pb2.IMUsersStatRsp, "R>M>C")
)
CHANGE_AVATAR, CHANGE_AVATAR_REPLY = _exchange(
    (0x020C, buddy_pb2.IMChangeAvatarReq, "C>M>D"), (0x020D, buddy_pb2.IMChangeAvatarRsp, "D>M>C")
)
PC_LOGIN_STATUS_NOTIFY = _command(0x020E, buddy_pb2.IMPCLoginStatusNotify, "M>C")
REMOVE_SESSION_NOTIFY = _command(0x020F, buddy_pb2.IMRemoveSessionNotify, "M>C M>R>M")
DEPARTMENTS, DEPARTMENTS_REPLY = _exchange(
    (0x0210, buddy_pb2.IMDepartmentReq, "C>M>D"), (0x0211, buddy_pb2.IMDepartmentRsp, "D>M>C")
)
# The original never sends it; ours tells everyone, as with a signature.
AVATAR_CHANGED_NOTIFY = _command(0x0212, buddy_pb2.IMAvatarChangedNotify, "M>R>M>C")
CHANGE_SIGN_INFO, CHANGE_SIGN_INFO_REPLY = _exchange(
    (0x0213, buddy_pb2.IMChangeSignInfoReq, "C>M>D"),
    (0x0214, buddy_pb2.IMChangeSignInfoRsp, "D>M>C"),
)
SIGN_INFO_CHANGED_NOTIFY = _command(0x0215, buddy_pb2.IMSignInfoChangedNotify, "M>R>M>C")

# Message (service 3)
MSG_DATA = _command(0x0301, message_pb2.IMMsgData, "C>M>D>M M>R>M M>C H>D>H")
MSG_DATA_ACK = _command(0x0302, message_pb2.IMMsgDataAck, "M>C C>M")
MSG_READ_ACK = _command(0x0303, message_pb2.IMMsgDataReadAck, "C>M>D")
MSG_READ_NOTIFY = _command(0x0304, message_pb2.IMMsgDataReadNotify, "M>C M>R>M H>R")
TIME, TIME_REPLY = _exchange(
    (0x0305, message_pb2.IMClientTimeReq, "C>M"),
    (0x0306, message_pb2.IMClientTimeRsp, "M>C"),
    before_login=True,
)
UNREAD_COUNT, UNREAD_COUNT_REPLY = _exchange(
    (0x0307, message_pb2.IMUnreadMsgCntReq, "C>M>D"),
    (0x0308, message_pb2.IMUnreadMsgCntRsp, "D>M>C"),
)
MSG_LIST, MSG_LIST_REPLY = _exchange(
    (0x0309, message_pb2.IMGetMsgListReq, "C>M>D"), (0x030A, message_pb2.IMGetMsgListRsp, "D>M>C")
)
LATEST_MSG_ID, LATEST_MSG_ID_REPLY = _exchange(
    (0x030B, message_pb2.IMGetLatestMsgIdReq, "C>M>D"),
    (0x030C, message_pb2.IMGetLatestMsgIdRsp, "D>M>C"),
)
MSG_BY_ID, MSG_BY_ID_REPLY = _exchange(
    (0x030D, message_pb2.IMGetMsgByIdReq, "C>M>D"), (0x030E, message_pb2.IMGetMsgByIdRsp, "D>M>C")
)

# Group (service 4)
GROUP_LIST, GROUP_LIST_REPLY = _exchange(
    (0x0401, group_pb2.IMNormalGroupListReq, "C>M>D"),
    (0x0402, group_pb2.IMNormalGroupListRsp, "D>M>C"),
)
GROUP_INFO, GROUP_INFO_REPLY = _exchange(
    (0x0403, group_pb2.IMGroupInfoListReq, "C>M>D"), (0x0404, group_pb2.IMGroupInfoListRsp, "D>M>C")
)
GROUP_CREATE, GROUP_CREATE_REPLY = _exchange(
    (0x0405, group_pb2.IMGroupCreateReq, "C>M>D H>D"),
    (0x0406, group_pb2.IMGroupCreateRsp, "D>M>C D>H"),
)
GROUP_CHANGE_MEMBER, GROUP_CHANGE_MEMBER_REPLY = _exchange(
    (0x0407, group_pb2.IMGroupChangeMemberReq, "C>M>D H>D"),
    (0x0408, group_pb2.IMGroupChangeMemberRsp, "D>M>C D>H"),
)
GROUP_SHIELD, GROUP_SHIELD_REPLY = _exchange(
    (0x0409, group_pb2.IMGroupShieldReq, "C>M>D"), (0x040A, group_pb2.IMGroupShieldRsp, "D>M>C")
)
GROUP_CHANGE_MEMBER_NOTIFY = _command(0x040B, group_pb2.IMGroupChangeMemberNotify, "M>C M>R>M H>R>M L>R")

# File (service 5)
FILE_LOGIN, FILE_LOGIN_REPLY = _exchange(
    (0x0501, file_pb2.IMFileLoginReq, "C>F"),
    (0x0502, file_pb2.IMFileLoginRsp, "F>C"),
    before_login=True,
)
FILE_STATE = _command(0x0503, file_pb2.IMFileState, "C>F>C")
FILE_PULL_DATA, FILE_PULL_DATA_REPLY = _exchange(
    (0x0504, file_pb2.IMFilePullDataReq, "C>F>C"), (0x0505, file_pb2.IMFilePullDataRsp, "C>F>C")
)
FILE_REQUEST, FILE_REQUEST_REPLY = _exchange(
    (0x0506, file_pb2.IMFileReq, "C>M"), (0x0507, file_pb2.IMFileRsp, "M>C")
)
FILE_NOTIFY = _command(0x0508, file_pb2.IMFileNotify, "M>C M>R>M")
FILE_HAS_OFFLINE, FILE_HAS_OFFLINE_REPLY = _exchange(
    (0x0509, file_pb2.IMFileHasOfflineReq, "C>M>D"), (0x050A, file_pb2.IMFileHasOfflineRsp, "D>M>C")
)
FILE_ADD_OFFLINE = _command(0x050B, file_pb2.IMFileAddOfflineReq, "C>M>D")
FILE_DEL_OFFLINE = _command(0x050C, file_pb2.IMFileDelOfflineReq, "C>M>D")

# Switch (service 6)
P2P_COMMAND = _command(0x0601, switch_service_pb2.IMP2PCmdMsg, "C>M>C M>R>M")

# Other (service 7): what servers say to each other
HEARTBEAT = _command(
    0x0701,
    other_pb2.IMHeartBeat,
    "C>M>C C>F>C M>L>M M>R>M M>D>M M>F>M M>P>M H>D>H H>R>H L>D>L L>R>L",
    before_login=True,
)
STOP_RECEIVING = _command(0x0702, server_pb2.IMStopReceivePacket, "D>M D>H D>L")
VALIDATE, VALIDATE_REPLY = _exchange(
    (0x0703, server_pb2.IMValidateReq, "M>D"), (0x0704, server_pb2.IMValidateRsp, "D>M")
)
DEVICE_TOKENS, DEVICE_TOKENS_REPLY = _exchange(
    (0x0705, server_pb2.IMGetDeviceTokenReq, "M>D"), (0x0706, server_pb2.IMGetDeviceTokenRsp, "D>M")
)
ROLE_SET = _command(0x0707, server_pb2.IMRoleSet, "M>R H>R")
ONLINE_USERS = _command(0x0708, server_pb2.IMOnlineUserInfo, "M>R")
MSG_SERVER_INFO = _command(0x0709, server_pb2.IMMsgServInfo, "M>L")
USER_STATUS_UPDATE = _command(0x070A, server_pb2.IMUserStatusUpdate, "M>R")
USER_COUNT_UPDATE = _command(0x070B, server_pb2.IMUserCntUpdate, "M>L")
SERVER_KICK_USER = _command(0x070D, server_pb2.IMServerKickUser, "M>R>M H>R L>R")
SERVER_PC_LOGIN_STATUS = _command(0x070E, server_pb2.IMServerPCLoginStatusNotify, "R>M")
PUSH_TO_USERS, PUSH_TO_USERS_REPLY = _exchange(
    (0x070F, server_pb2.IMPushToUserReq, "M>P"), (0x0710, server_pb2.IMPushToUserRsp, "P>M")
)
GROUP_SHIELDS, GROUP_SHIELDS_REPLY = _exchange(
    (0x0711, server_pb2.IMGroupGetShieldReq, "M>D"), (0x0712, server_pb2.IMGroupGetShieldRsp, "D>M")
)
FILE_TRANSFER, FILE_TRANSFER_REPLY = _exchange(
    (0x0731, server_pb2.IMFileTransferReq, "M>F"), (0x0732, server_pb2.IMFileTransferRsp, "F>M")
)
FILE_SERVER_ADDRESS, FILE_SERVER_ADDRESS_REPLY = _exchange(
    (0x0733, server_pb2.IMFileServerIPReq, "M>F"), (0x0734, server_pb2.IMFileServerIPRsp, "F>M")
)

# Extensions (docs/protocol.md).
UPLOAD_TOKEN, UPLOAD_TOKEN_REPLY = _exchange(
    (0x0740, extension_pb2.IMUploadTokenReq, "C>M"), (0x0741, extension_pb2.IMUploadTokenRsp, "M>C")
)
FILE_FORGET = _command(0x0742, extension_pb2.IMFileForget, "M>F")
# Administration: the HTTP API and the console.
ADMIN, ADMIN_REPLY = _exchange(
    (0x0750, administration_pb2.IMAdminReq, "H>D L>D"), (0x0751, administration_pb2.IMAdminRsp, "D>H D>L")
)
ONLINE, ONLINE_REPLY = _exchange(
    (0x0752, administration_pb2.IMOnlineReq, "H>R L>R"), (0x0753, administration_pb2.IMOnlineRsp, "R>H R>L")
)
DELIVER = _command(0x0754, administration_pb2.IMDeliver, "H>R>M")
REVOKE_SESSION, REVOKE_SESSION_REPLY = _exchange(
    (0x0788, extension_pb2.IMRevokeSessionReq, "C>M>D"),
    (0x0789, extension_pb2.IMRevokeSessionRsp, "D>M>C"),
)
# A server link speaks these three before anything else.
CLUSTER_HELLO = _command(0x07E1, extension_pb2.IMClusterHello, "M>L M>R M>D M>F M>P H>D H>R L>D L>R")
CLUSTER_CHALLENGE = _command(0x07E2, extension_pb2.IMClusterChallenge, "L>M R>M D>M F>M P>M D>H R>H D>L R>L")
CLUSTER_PROOF = _command(0x07E3, extension_pb2.IMClusterProof, "M>L M>R M>D M>F M>P H>D H>R L>D L>R")
ERROR_NOTICE = _command(0x07F0, extension_pb2.IMErrorNotice, "M>C D>M>C D>H D>L F>C")
