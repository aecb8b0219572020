"""From protobuf messages to the SDK's values."""

from datetime import UTC, datetime

from hongyan.client.content import ContentCodec
from hongyan.client.models import (
    Conversation,
    ConversationKind,
    Department,
    Group,
    Message,
    RecentConversation,
    Unread,
    User,
)
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import message_pb2

_AUDIO_TYPES = frozenset({base.MSG_TYPE_SINGLE_AUDIO, base.MSG_TYPE_GROUP_AUDIO})
_GROUP_TYPES = frozenset({base.MSG_TYPE_GROUP_TEXT, base.MSG_TYPE_GROUP_AUDIO})


def lenient(value: str | bytes) -> str:
    """Return a protobuf string; one that is not UTF-8 arrives as bytes (spec/wire.md 1.2)."""
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def conversation(session_type: int, session_id: int) -> Conversation:
    """Name a conversation by the wire's two fields."""
    return Conversation(ConversationKind(session_type), session_id)


def session_type(of: Conversation) -> base.SessionType.ValueType:
    """Give a conversation's kind as the wire spells it."""
    return base.SessionType.ValueType(of.kind)


def message_type(of: Conversation, *, is_audio: bool) -> base.MsgType.ValueType:
    """Give the msg_type for a conversation."""
    if of.is_group:
        return base.MSG_TYPE_GROUP_AUDIO if is_audio else base.MSG_TYPE_GROUP_TEXT
    return base.MSG_TYPE_SINGLE_AUDIO if is_audio else base.MSG_TYPE_SINGLE_TEXT


def time(seconds: int) -> datetime:
    """Turn the wire's Unix seconds into an aware time."""
    return datetime.fromtimestamp(seconds, UTC)


def user(info: base.UserInfo) -> User:
    """Convert a user."""
    return User(
        id=info.user_id,
        name=lenient(info.user_real_name),
        nick=lenient(info.user_nick_name),
        sex=info.user_gender,
        department_id=info.department_id,
        avatar_url=lenient(info.avatar_url),
        email=lenient(info.email),
        phone=lenient(info.user_tel),
        domain=lenient(info.user_domain),
        status=info.status,
        signature=lenient(info.sign_info),
    )


def department(info: base.DepartInfo) -> Department:
    """Convert a department."""
    is_deleted = info.dept_status == base.DEPT_STATUS_DELETE
    return Department(info.dept_id, lenient(info.dept_name), info.parent_dept_id, info.priority, is_deleted)


def group(info: base.GroupInfo) -> Group:
    """Convert a group."""
    return Group(
        id=info.group_id,
        name=lenient(info.group_name),
        creator_id=info.group_creator_id,
        member_ids=tuple(info.group_member_list),
        version=info.version,
        avatar_url=lenient(info.group_avatar),
        is_fixed=info.group_type == base.GROUP_TYPE_NORMAL,
        is_muted=info.shield_status != 0,
    )


def live_message(data: message_pb2.IMMsgData, own_id: int, codec: ContentCodec) -> Message:
    """Convert a delivery; our own message from another device belongs to whom it was sent."""
    is_own = data.from_user_id == own_id
    if data.msg_type in _GROUP_TYPES:
        where = Conversation.of_group(data.to_session_id)
    else:
        where = Conversation.with_user(data.to_session_id if is_own else data.from_user_id)
    content = codec.decode(data.msg_data, is_audio=data.msg_type in _AUDIO_TYPES)
    return Message(where, data.msg_id, data.from_user_id, time(data.create_time), content, is_own)


def stored_message(info: base.MsgInfo, where: Conversation, own_id: int, codec: ContentCodec) -> Message:
    """Convert a message of the history; from_session_id is its sender."""
    content = codec.decode(info.msg_data, is_audio=info.msg_type in _AUDIO_TYPES)
    sender_id = info.from_session_id
    return Message(where, info.msg_id, sender_id, time(info.create_time), content, sender_id == own_id)


def recent(info: base.ContactSessionInfo, codec: ContentCodec) -> RecentConversation:
    """Convert a line of the conversation list."""
    is_audio = info.latest_msg_type in _AUDIO_TYPES
    return RecentConversation(
        conversation=conversation(info.session_type, info.session_id),
        updated_at=info.updated_time,
        latest_msg_id=info.latest_msg_id,
        latest=codec.decode_preview(info.latest_msg_data, is_audio=is_audio),
        latest_sender_id=info.latest_msg_from_user_id,
        is_removed=info.session_status == base.SESSION_STATUS_DELETE,
    )


def unread(info: base.UnreadInfo, codec: ContentCodec) -> Unread:
    """Convert an unread counter."""
    is_audio = info.latest_msg_type in _AUDIO_TYPES
    return Unread(
        conversation=conversation(info.session_type, info.session_id),
        count=info.unread_cnt,
        latest_msg_id=info.latest_msg_id,
        latest=codec.decode_preview(info.latest_msg_data, is_audio=is_audio),
        latest_sender_id=info.latest_msg_from_user_id,
    )
