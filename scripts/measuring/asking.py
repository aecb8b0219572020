"""How long single requests take, one after another, from a client's side."""

import asyncio
from collections import Counter
from statistics import median
from time import perf_counter
from typing import Any, Final

import uvloop

from hongyan.bench.client import Client, log_in
from hongyan.bench.directory import Directory
from hongyan.wire import commands
from hongyan.wire.commands import Command
from hongyan.wire.pb.base_define_pb2 import SESSION_TYPE_SINGLE
from hongyan.wire.pb.buddy_pb2 import IMAllUserReq, IMRecentContactSessionReq
from hongyan.wire.pb.message_pb2 import IMGetMsgListReq

from .suite import PASSWORD, Suite

TIMES: Final = 30


def history_page(target: Suite, name: str, peer: int, begin: int) -> float:
    """Return the median milliseconds of a page of 50."""
    request = IMGetMsgListReq(
        user_id=0, session_type=SESSION_TYPE_SINGLE, session_id=peer, msg_id_begin=begin, msg_cnt=50
    )
    return _ask(target, name, commands.MSG_LIST, request, "msg_list", 50)


def recent_sessions(target: Suite, name: str) -> float:
    """Return the median milliseconds of the list of conversations."""
    request = IMRecentContactSessionReq(user_id=0, latest_update_time=0)
    return _ask(target, name, commands.RECENT_SESSIONS, request, "contact_session_list", 100)


def changed_users(target: Suite, name: str, since: int, expected: int) -> float:
    """Return the median milliseconds of an incremental pull of all users."""
    request = IMAllUserReq(user_id=0, latest_update_time=since)
    return _ask(target, name, commands.ALL_USERS, request, "user_list", expected)


def _ask(
    target: Suite, name: str, command: Command[Any], request: Any, answered_with: str, expected: int
) -> float:
    async def measure() -> float:
        client = await log_in(Directory(target.login_url), name, PASSWORD, "windows", Counter())
        times = [await _time(client, command, request, answered_with, expected) for _ in range(TIMES)]
        client.close()
        return median(times) * 1000

    return uvloop.run(measure())


async def _time(client: Client, command: Command[Any], request: Any, field: str, expected: int) -> float:
    if command.reply is None:
        raise AssertionError(command.name)
    started = perf_counter()
    answer = await client.ask(command, request, command.reply)
    took_s = perf_counter() - started
    found = len(getattr(answer, field))
    if found != expected:
        raise SystemExit(f"{command.name} brought {found} instead of {expected}")
    await asyncio.sleep(0)
    return took_s
