"""Numbers of messages, taken from the Redis that original db_proxies take theirs from.

The originals only ever add one to ``msg_id_<relation>`` or ``group_msg_id_<group>``. We hold a
conversation's lock in the database while we take numbers, so among ourselves the database's newest
number decides. What we took last stands in a hash of our own: as long as the counter shows that,
no original has taken a number since, and numbers of a transaction that failed are given again.
After a wipe, a restart or a restored snapshot the hash is void, and the newest number is looked up
in the message tables before the next one is given.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.util import await_only

from hongyan.store.conversations import GroupState, SingleState, State
from hongyan.store.loading import last_group_id, last_single_ids

if TYPE_CHECKING:
    from hongyan.store.redis_pools import RedisPools

_TAKEN: Final = "hy_taken"

# For every counter, in one text, since each argument of a command costs the driver more than all its
# digits: its key, the newest number the database knows, how many are wanted, whether the message
# tables were asked. Answers for every counter: the number before the first one taken; -1 to be asked
# again with the message tables' own word. In the hash stand the newest number known to be taken by
# others, and the counter as we left it.
_SCRIPT: Final = """
local hash = KEYS[1]
local server = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if redis.call('HGET', hash, 'run_id') ~= server then
  redis.call('DEL', hash)
  redis.call('HSET', hash, 'run_id', server)
end
local answers = {}
for key, newest, wanted, verified in string.gmatch(ARGV[1], '(%S+) (%d+) (%d+) (%d);') do
  newest, wanted = tonumber(newest), tonumber(wanted)
  local counter = tonumber(redis.call('GET', key) or '0') or 0
  local taken = redis.call('HGET', hash, key)
  local base = -1
  local floor = 0
  if taken then
    local left
    floor, left = string.match(taken, '(%d+):(%d+)')
    floor, left = tonumber(floor), tonumber(left)
    if counter == left then
      base = math.max(newest, floor)
    else
      base = math.max(newest, counter)
      floor = base
    end
  elseif verified == '1' then
    base = math.max(newest, counter)
    floor = base
  end
  if base >= 0 then
    redis.call('SET', key, string.format('%d', base + wanted))
    redis.call('HSET', hash, key, string.format('%d:%d', floor, base + wanted))
  end
  answers[#answers + 1] = base
end
return answers
"""


class Wanted(NamedTuple):
    """How many numbers a conversation needs."""

    state: State
    needed: int


def counter_of(state: State) -> str:
    """The key of a conversation's counter."""
    if isinstance(state, GroupState):
        return f"group_msg_id_{state.group_id}"
    return f"msg_id_{state.relation}"


def take_numbers(connection: Connection, pools: "RedisPools", wanted: Sequence[Wanted]) -> None:
    """Take numbers and set each state's ``last_id`` to the one before the first of them.

    To be called inside a transaction that holds the conversations' locks.

    Raises:
        BackendError: Redis does not answer; nothing may be numbered without it.
    """
    unknown = _take(pools, wanted, verified=False)
    if unknown:
        _look_up(connection, [want.state for want in unknown])
        _take(pools, unknown, verified=True)


def _take(pools: "RedisPools", wanted: Sequence[Wanted], *, verified: bool) -> list[Wanted]:
    """Take what can be taken; return the rest."""
    lines = [f"{counter_of(want.state)} {want.state.last_id} {want.needed} {verified:d};" for want in wanted]
    (bases,) = await_only(pools.ask("unread", [("EVAL", _SCRIPT, 1, _TAKEN, "".join(lines))]))
    rest = []
    for want, base in zip(wanted, bases, strict=True):
        if base < 0:
            rest.append(want)
        else:
            want.state.last_id = base
    return rest


def _look_up(connection: Connection, states: Sequence[State]) -> None:
    singles = [state for state in states if isinstance(state, SingleState)]
    newest: Mapping[int, int] = last_single_ids(connection, [state.relation for state in singles])
    for state in singles:
        state.last_id = max(state.last_id, newest[state.relation])
    for group in states:
        if isinstance(group, GroupState):
            group.last_id = max(group.last_id, last_group_id(connection, group.group_id))
