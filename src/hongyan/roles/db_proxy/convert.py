"""Rows of the store to the parts that answers are made of (spec/flows.md 4.2, 4.3)."""

from typing import Final

from hongyan.store.departments import DepartmentRow
from hongyan.store.groups import GroupInfo as GroupRow
from hongyan.store.messages import LatestMessage
from hongyan.store.sessions import SessionRow
from hongyan.store.unread import UnreadRow
from hongyan.store.users import UserRow
from hongyan.wire.cipher import MessageCipher
from hongyan.wire.pb.base_define_pb2 import (
    MSG_TYPE_GROUP_AUDIO,
    MSG_TYPE_SINGLE_AUDIO,
    ContactSessionInfo,
    DepartInfo,
    DepartmentStatusType,
    GroupInfo,
    GroupType,
    MsgType,
    SessionStatusType,
    SessionType,
    UnreadInfo,
    UserInfo,
)

AUDIO_TYPES: Final = frozenset({MSG_TYPE_SINGLE_AUDIO, MSG_TYPE_GROUP_AUDIO})
_VOICE: Final = "[语音]"


def user_info(row: UserRow) -> UserInfo:
    """Make a user as clients see it; the real name is the login name."""
    return UserInfo(
        user_id=row.user_id,
        user_gender=row.sex,
        user_nick_name=row.nick,
        avatar_url=row.avatar,
        department_id=row.department_id,
        email=row.email,
        user_real_name=row.name,
        user_tel=row.phone,
        user_domain=row.domain,
        status=row.status,
        sign_info=row.sign_info,
    )


def department_info(row: DepartmentRow) -> DepartInfo:
    """Make a department as clients see it."""
    return DepartInfo(
        dept_id=row.department_id,
        priority=row.priority,
        dept_name=row.name,
        parent_dept_id=row.parent_id,
        dept_status=DepartmentStatusType.ValueType(row.status),
    )


def group_info(row: GroupRow) -> GroupInfo:
    """Make a group as its members see it."""
    return GroupInfo(
        group_id=row.group_id,
        version=row.version,
        group_name=row.name,
        group_avatar=row.avatar,
        group_creator_id=row.creator,
        group_type=GroupType.ValueType(row.group_type),
        shield_status=row.shield,
        group_member_list=row.members,
    )


class Previews:
    """The newest message of a conversation, as lists of conversations show it."""

    def __init__(self, cipher: MessageCipher) -> None:
        self._voice = cipher.encrypt(_VOICE.encode())

    def session(self, row: SessionRow) -> ContactSessionInfo:
        """Make an entry of the recent sessions."""
        latest = row.latest
        return ContactSessionInfo(
            session_id=row.peer_id,
            session_type=SessionType.ValueType(row.session_type),
            session_status=SessionStatusType.ValueType(row.status),
            updated_time=row.updated,
            latest_msg_id=latest.msg_id,
            latest_msg_data=self._data(latest),
            latest_msg_type=MsgType.ValueType(latest.msg_type),
            latest_msg_from_user_id=latest.sender or row.peer_id,
        )

    def unread(self, row: UnreadRow) -> UnreadInfo:
        """Make an entry of the unread counters."""
        latest = row.latest
        return UnreadInfo(
            session_id=row.peer_id,
            session_type=SessionType.ValueType(row.session_type),
            unread_cnt=row.unread,
            latest_msg_id=latest.msg_id,
            latest_msg_data=self._data(latest),
            latest_msg_type=MsgType.ValueType(latest.msg_type),
            latest_msg_from_user_id=latest.sender or row.peer_id,
        )

    def _data(self, latest: LatestMessage) -> bytes:
        return self._voice if latest.msg_type in AUDIO_TYPES else latest.content.encode()
