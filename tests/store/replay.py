"""Replays one recorded request of db_proxy against the store."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from hongyan.errors import RefusedError
from hongyan.store import (
    Database,
    PendingMessage,
    audio,
    cursors,
    departments,
    files,
    groups,
    membership,
    messages,
    sessions,
    tokens,
    unread,
    users,
)
from hongyan.store.entries import GROUP_TYPES
from hongyan.store.ids import advance_ids
from hongyan.store.schema import DEVICE_TOKEN, GROUP_SETTING, READ_CURSOR
from hongyan.store.teamtalk import (
    GROUP,
    GROUP_MEMBER,
    RELATION,
    SESSION,
    SINGLE_MESSAGES,
    metadata,
)

Rows = dict[str, dict[int, dict[str, Any]]]
_PLATFORMS = {0x11: tokens.IOS, 0x12: tokens.ANDROID}
_AUDIO = (2, 18)
_TEAMTALK = [name for name in metadata.tables if name.startswith("IM")]


def load_fixture(connection: Connection, fixture: dict[str, Any]) -> None:
    for name, rows in fixture["mysql"].items():
        connection.execute(insert(metadata.tables[name]), rows)
    # The recorded server went on at 100.
    connection.execute(insert(GROUP).values(id=99, status=1))
    advance_ids(connection)
    load_redis(connection, fixture["redis"])


def load_redis(connection: Connection, redis: dict[str, dict[str, Any]]) -> None:
    for key, joined in redis.get("db5", {}).items():
        for user, since in (joined or {}).items():
            member = (GROUP_MEMBER.c.groupId == int(key.split("_")[-1])) & (
                GROUP_MEMBER.c.userId == int(user)
            )
            connection.execute(update(GROUP_MEMBER).where(member).values(updated=int(since)))
    for key, settings in redis.get("db2", {}).items():
        for field, shield in settings.items():
            user = int(field.split("_")[0])
            row = {"groupId": int(key.split("_")[-1]), "userId": user, "shield": int(shield)}
            connection.execute(insert(GROUP_SETTING).values(row))
    for key, value in redis.get("db4", {}).items():
        platform, colon, token = value.partition(":")
        if colon:
            row = {"userId": int(key.split("_")[1]), "platform": platform, "token": token}
            connection.execute(insert(DEVICE_TOKEN).values(row))


def load_counters(connection: Connection, counters: dict[str, Any]) -> None:
    """Puts each user's cursor where his recorded counter of unread messages says it is."""
    connection.execute(delete(READ_CURSOR))
    for row in connection.execute(select(SESSION).where(SESSION.c.type == 1)).all():
        count = int((counters.get(f"unread_{row.userId}") or {}).get(str(row.peerId), 0))
        set_single_cursor(connection, row.userId, row.peerId, count)
    for row in connection.execute(select(GROUP_MEMBER)).all():
        total = counters.get(f"{row.groupId}_im_group_msg", {}).get("count", 0)
        read = counters.get(f"{row.userId}_{row.groupId}_im_user_group", {}).get("count", 0)
        cursor = {(row.userId, 2, row.groupId): min(int(read), int(total))}
        cursors.write_cursors(connection, cursor)


def set_single_cursor(connection: Connection, user: int, peer: int, count: int) -> None:
    relation = connection.execute(
        select(RELATION.c.id).where(
            RELATION.c.smallId == min(user, peer), RELATION.c.bigId == max(user, peer)
        )
    ).scalar()
    if relation is None:
        return
    message = SINGLE_MESSAGES[relation % 8].c
    rows = connection.execute(
        select(message.msgId)
        .where(message.relateId == relation, message.fromId == peer)
        .order_by(message.msgId)
    ).scalars()
    ids = [0, *rows]
    cursors.write_cursors(connection, {(user, 1, peer): ids[max(0, len(ids) - 1 - count)]})


def dump(connection: Connection) -> Rows:
    return {
        name: {row["id"]: dict(row) for row in connection.execute(select(metadata.tables[name])).mappings()}
        for name in _TEAMTALK
    }


class Replay:
    """One case: the state before it, the request, and what came of it."""

    def __init__(self, writer: Any, case: dict[str, Any]) -> None:
        self.writer = writer
        self.database: Database = writer.database
        self.case = case
        self.answered: Any = None
        self.before: Rows = {}
        writer.now = self.now = self._now()

    @property
    def expected_answer(self) -> Any:
        if not self.case["response"]:
            return None
        body = self.case["response"][0]["body"]
        for row in body.get("msg_list", ()):
            if row["msg_type"] in _AUDIO:
                row["msg_data"] = "sound"
        return {k: v for k, v in body.items() if k != "user_id"}

    @property
    def expected_changes(self) -> dict[str, Any]:
        return self._comparable(self.case["changes"]["mysql"])

    async def load_before(self) -> None:
        def load(connection: Connection) -> None:
            for name, change in self.case["before"]["mysql"].items():
                table = metadata.tables[name]
                for row in change.get("inserted", ()):
                    connection.execute(insert(table).values(row))
                for row in change.get("updated", ()):
                    connection.execute(update(table).where(table.c.id == row["id"]).values(row))
                gone = table.c.id.in_(change.get("deleted", ()))
                connection.execute(delete(table).where(gone))
            advance_ids(connection)
            load_redis(connection, self.case["before"]["redis"])
            load_counters(connection, self.case["before"]["redis"].get("db1", {}))

        await self.database.write(load)
        self.before = await self.database.read(dump)

    async def run(self) -> bool:
        """Does what the request asks; False when that is no work of the store."""
        request = self.case["request"]
        handler = request and getattr(self, f"_cid_{request['cid']}", None)
        if not handler or "undecodable" in request["body"]:
            return False
        body = request["body"]
        self.answered = await handler(body, body.get("user_id", 0))
        return True

    async def changed(self) -> dict[str, Any]:
        after = await self.database.read(dump)
        return self._comparable({name: difference(self.before[name], after[name]) for name in _TEAMTALK})

    def _now(self) -> int:
        """The second in which the recorded server did it."""
        times = [
            value
            for change in self.case["changes"]["mysql"].values()
            for row in (*change.get("inserted", ()), *change.get("updated", ()))
            for value in row.values()
            if isinstance(value, int) and self.case["t0"] - 1 <= value <= self.case["t1"] + 1
        ]
        return max(times, default=int(self.case["t0"]))

    def _comparable(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Changed rows without what is meant to differ, tables without any left out."""
        comparable: dict[str, Any] = {}
        for name, change in changes.items():
            rows = [("deleted", row) for row in change.get("deleted", ())]
            for kind in ("inserted", "updated"):
                rows += [
                    (kind, self._row(name, row))
                    for row in change.get(kind, ())
                    if name != "IMRecentSession" or self._is_own_session(row)
                ]
            rows = [row for row in rows if row[0] == "deleted" or set(row[1]) - {"id"}]
            if rows:
                comparable[name] = sorted(rows, key=str)
        return comparable

    def _is_own_session(self, row: dict[str, Any]) -> bool:
        """The original writes other members' sessions later, in the background."""
        request = self.case["request"]["body"]
        if request.get("msg_type") not in GROUP_TYPES:
            return True
        whole = self.before["IMRecentSession"].get(row["id"], row)
        return bool(whole["userId"] == request["from_user_id"])

    def _row(self, table: str, row: dict[str, Any]) -> dict[str, Any]:
        """A row with "now" for its moment.

        Ids of new rows are the database's affair but for groups, and the original counts the
        members of a group wrongly.
        """
        dropped = {"path", "userCnt"} if table in ("IMAudio", "IMGroup") else set()
        if len(row) > 4 and table != "IMGroup":
            dropped.add("id")
        return {
            key: "now" if isinstance(value, int) and abs(value - self.now) <= 6 else value
            for key, value in row.items()
            if key not in dropped
        }

    async def _change(self, change: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await self.writer.journal.submit(change, *args, **kwargs)

    async def _cid_0201(self, body: dict[str, Any], user: int) -> Any:
        rows = await self.database.read(sessions.recent, user, body["latest_update_time"])
        answer = [
            {
                "session_id": row.peer_id,
                "session_type": row.session_type,
                "session_status": row.status,
                "updated_time": row.updated,
                **latest(row.latest, row.peer_id),
            }
            for row in rows
        ]
        return {"contact_session_list": answer} if answer else {}

    async def _cid_0204(self, body: dict[str, Any], _user: int) -> Any:
        rows = await self.database.read(users.by_ids, body.get("user_id_list", []))
        return listed("user_info_list", [user_info(row) for row in rows])

    async def _cid_0206(self, body: dict[str, Any], user: int) -> Any:
        peer = (body["session_type"], body["session_id"])
        conversations = self.writer.conversations
        removed = await self._change(sessions.remove, conversations, user, *peer, self.now)
        return {
            "result_code": 0 if removed else 1,
            "session_type": body["session_type"],
            "session_id": body["session_id"],
        }

    async def _cid_0208(self, body: dict[str, Any], _user: int) -> Any:
        found = await self.database.read(users.changed_since, body["latest_update_time"])
        rows = [user_info(row) for row in found.users]
        return {"latest_update_time": found.latest, **listed("user_list", rows)}

    async def _cid_0210(self, body: dict[str, Any], _user: int) -> Any:
        found = await self.database.read(departments.changed_since, body["latest_update_time"])
        rows = [
            {
                "dept_id": row.department_id,
                "priority": row.priority,
                "dept_name": row.name,
                "parent_dept_id": row.parent_id,
                "dept_status": row.status,
            }
            for row in found.departments
        ]
        return {"latest_update_time": found.latest, **listed("dept_list", rows)}

    async def _cid_0213(self, body: dict[str, Any], user: int) -> Any:
        text = body["sign_info"]
        if not await self._accepted(users.set_sign_info, user, text, self.now):
            return {"result_code": 1}
        return {"result_code": 0, "sign_info": text}

    async def _cid_010c(self, body: dict[str, Any], user: int) -> Any:
        status = body["shield_status"]
        if not await self._accepted(users.set_push_shield, user, status, self.now):
            return {"result_code": 1}
        return {"result_code": 0, "shield_status": status}

    async def _cid_010e(self, _body: dict[str, Any], user: int) -> Any:
        status = await self.database.read(users.push_shield, user)
        return {"result_code": 1} if status is None else {"result_code": 0, "shield_status": status}

    async def _cid_0108(self, body: dict[str, Any], user: int) -> Any:
        platform = _PLATFORMS.get(body.get("client_type", 0), "")
        await self._change(tokens.set_token, user, platform, body["device_token"])
        return {}

    async def _cid_0705(self, body: dict[str, Any], _user: int) -> Any:
        asked = body.get("user_id", [])
        targets = await self.database.read(tokens.push_targets, asked)
        counts = await self.database.read(unread.totals, asked)
        night = "local hour" in self.case["case"] and "08" not in self.case["case"]
        rows = [
            {
                "user_id": target.user_id,
                "user_type": 17 if target.platform == tokens.IOS else 18,
                "token": target.token,
                "push_count": counts.get(target.user_id, 0),
                "push_type": 1,
            }
            for target in targets
            if not (night and target.quiet_at_night and target.platform == tokens.IOS)
        ]
        return listed("user_token_info", rows)

    async def _cid_0301(self, body: dict[str, Any], _user: int) -> Any:
        if "msg_type" not in body or not body["msg_data"]:
            return None
        sender, peer = body["from_user_id"], body["to_session_id"]
        content = await self._content(body)
        entry = PendingMessage(sender, peer, body["msg_type"], content, body["create_time"])
        await self.writer.send(entry)
        return None if entry.error else {**body, "msg_id": entry.msg_id}

    async def _cid_0303(self, body: dict[str, Any], user: int) -> Any:
        self.writer.journal.mark_read(user, body["session_type"], body["session_id"])
        await self.writer.journal.settled()

    async def _cid_0307(self, _body: dict[str, Any], user: int) -> Any:
        rows = await self.database.read(unread.unread, user)
        answer = [
            {
                "session_id": row.peer_id,
                "session_type": row.session_type,
                "unread_cnt": row.unread,
                **latest(row.latest, row.peer_id),
            }
            for row in rows
        ]
        total = await self.database.read(unread.totals, [user])
        assert total.get(user, 0) == sum(row.unread for row in rows)
        return {"total_cnt": total.get(user, 0), **listed("unreadinfo_list", answer)}

    async def _cid_0309(self, body: dict[str, Any], user: int) -> Any:
        place = (body["session_type"], body["session_id"])
        page = (body["msg_id_begin"], body["msg_cnt"])
        rows = await self.database.read(messages.history, user, *place, *page)
        return {
            "session_type": place[0],
            "session_id": place[1],
            "msg_id_begin": page[0],
            **listed("msg_list", [message(row) for row in rows]),
        }

    async def _cid_030b(self, body: dict[str, Any], user: int) -> Any:
        place = (body["session_type"], body["session_id"])
        newest = await self.database.read(cursors.latest_id, user, *place)
        return {"session_type": place[0], "session_id": place[1], "latest_msg_id": newest}

    async def _cid_030d(self, body: dict[str, Any], user: int) -> Any:
        place = (body["session_type"], body["session_id"])
        wanted = body.get("msg_id_list", [])
        rows = await self.database.read(messages.by_ids, user, *place, wanted)
        return {
            "session_type": place[0],
            "session_id": place[1],
            **listed("msg_list", [message(row) for row in rows]),
        }

    async def _cid_0401(self, _body: dict[str, Any], user: int) -> Any:
        rows = await self.database.read(groups.normal_groups, user)
        return listed("group_version_list", [row._asdict() for row in rows])

    async def _cid_0403(self, body: dict[str, Any], user: int) -> Any:
        known = {row["group_id"]: row["version"] for row in body.get("group_version_list", [])}
        rows = await self.database.read(groups.info, user, known)
        return listed("group_info_list", [group_info(row) for row in rows])

    async def _cid_0405(self, body: dict[str, Any], user: int) -> Any:
        asked = sorted(set(body.get("member_id_list", [])))
        answer = {"group_name": body["group_name"], **listed("user_id_list", asked)}
        try:
            group_id = await self._change(
                membership.create,
                name=body["group_name"],
                avatar=body["group_avatar"],
                group_type=body["group_type"],
                member_ids=asked,
                by=user or None,
                now=self.now,
            )
        except RefusedError:
            return {"result_code": 1, **answer}
        return {"result_code": 0, "group_id": group_id, **answer}

    async def _cid_0407(self, body: dict[str, Any], user: int) -> Any:
        adding = body["change_type"] == 1
        change = membership.add_members if adding else membership.remove_members
        group_id, asked = body["group_id"], body.get("member_id_list", [])
        answer = {"change_type": body["change_type"], "group_id": group_id}
        who = {"by": user or None, "now": self.now}
        if not await self.database.read(groups.members, group_id):
            return None
        try:
            done = await self._change(change, self.writer.conversations, group_id, asked, **who)
        except RefusedError:
            return {**answer, "result_code": 1}
        return {
            **answer,
            "result_code": 0,
            **(listed("cur_user_id_list", list(done.current)) if asked else {}),
            **listed("chg_user_id_list", list(done.changed)),
        }

    async def _cid_0409(self, body: dict[str, Any], user: int) -> Any:
        group_id = body["group_id"]
        if not await self.database.read(groups.members, group_id):
            return None
        shielded = (group_id, user, body["shield_status"])
        accepted = await self._accepted(membership.set_shield, *shielded)
        return {"group_id": group_id, "result_code": 0 if accepted else 1}

    async def _cid_0711(self, body: dict[str, Any], _user: int) -> Any:
        group_id = body["group_id"]
        found = await self.database.read(groups.shields, group_id, body.get("user_id", []))
        if found is None:
            return None
        rows = [
            {"user_id": user, "group_id": group_id, "shield_status": shield} for user, shield in found.items()
        ]
        return {"group_id": group_id, **listed("shield_status_list", rows)}

    async def _cid_0509(self, _body: dict[str, Any], user: int) -> Any:
        rows = [
            {
                "from_user_id": row.sender,
                "task_id": row.task_id,
                "file_name": row.name,
                "file_size": row.size,
            }
            for row in await self.database.read(files.waiting, user)
        ]
        return listed("offline_file_list", rows)

    async def _cid_050b(self, body: dict[str, Any], _user: int) -> Any:
        sender, name, size = body["from_user_id"], body["file_name"], body["file_size"]
        file = files.OfflineFile(sender, body["task_id"], name, size)
        await self._change(files.add, body["to_user_id"], file, self.now)

    async def _cid_050c(self, body: dict[str, Any], _user: int) -> Any:
        sender, receiver = body["from_user_id"], body["to_user_id"]
        await self._change(files.delete_file, sender, receiver, body["task_id"])

    async def _accepted(self, change: Callable[..., Any], *args: Any) -> bool:
        try:
            await self._change(change, *args)
        except RefusedError:
            return False
        return True

    async def _content(self, body: dict[str, Any]) -> str:
        """The text to store; the sound of an audio message is elsewhere by then."""
        data = body["msg_data"]
        raw = bytes.fromhex(data[4:]) if data.startswith("hex:") else data.encode()
        if body["msg_type"] not in _AUDIO:
            return raw.decode()
        clip = audio.AudioClip("http://msfs/x", len(raw) - 4, int.from_bytes(raw[:4], "big"))
        place = (body["from_user_id"], body["to_session_id"])
        return str(await self._change(audio.add, *place, clip, body["create_time"]))


def difference(before: dict[int, Any], after: dict[int, Any]) -> dict[str, Any]:
    changed = {
        "inserted": [row for key, row in after.items() if key not in before],
        "updated": [
            {"id": key, **{name: value for name, value in row.items() if before[key][name] != value}}
            for key, row in after.items()
            if key in before and before[key] != row
        ],
        "deleted": [key for key in before if key not in after],
    }
    return changed if any(changed.values()) else {}


def listed(name: str, rows: list[Any]) -> dict[str, Any]:
    """A repeated field, which is absent when it is empty."""
    return {name: rows} if rows else {}


def as_shown(content: str) -> str:
    return content if content.isascii() else "hex:" + content.encode().hex()


def latest(found: messages.LatestMessage, peer: int) -> dict[str, Any]:
    preview = "QhGXlpFjvMFUNrtl1aaPzA==" if found.msg_type in _AUDIO else as_shown(found.content)
    return {
        "latest_msg_id": found.msg_id,
        "latest_msg_data": preview,
        "latest_msg_type": found.msg_type,
        "latest_msg_from_user_id": found.sender or peer,
    }


def message(row: messages.MessageRow) -> dict[str, Any]:
    return {
        "msg_id": row.msg_id,
        "from_session_id": row.sender,
        "create_time": row.created,
        "msg_type": row.msg_type,
        "msg_data": "sound" if row.msg_type in _AUDIO else as_shown(row.content),
    }


def user_info(row: users.UserRow) -> dict[str, Any]:
    return {
        "user_id": row.user_id,
        "user_gender": row.sex,
        "user_nick_name": row.nick,
        "avatar_url": row.avatar,
        "department_id": row.department_id,
        "email": row.email,
        "user_real_name": row.name,
        "user_tel": row.phone,
        "user_domain": row.domain,
        "status": row.status,
        "sign_info": row.sign_info,
    }


def group_info(row: groups.GroupInfo) -> dict[str, Any]:
    return {
        "group_id": row.group_id,
        "version": row.version,
        "group_name": row.name,
        "group_avatar": row.avatar,
        "group_creator_id": row.creator,
        "group_type": row.group_type,
        "shield_status": row.shield,
        "group_member_list": list(row.members),
    }
