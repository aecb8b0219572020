"""The rate limit of the original, when it is switched on: refused with a notice, not in silence."""

import pytest

from .client import RATE_LIMITED, RefusedError
from .people import People

CONFIG = """
[msg.limits]
messages_per_second = 20
"""


async def test_what_exceeds_the_limit_is_refused_with_a_time_to_try_again(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    sent = await alice.post_all(bob.user_id, [b"%d" % number for number in range(60)])
    acked, refused = [], []
    for seq in sent:
        try:
            acked.append((await alice.acked(seq)).msg_id)
        except RefusedError as refusal:
            refused.append(refusal.notice)
    assert acked == list(range(1, len(acked) + 1))
    assert 20 <= len(acked) <= 40
    for notice in refused:
        assert notice.has(code=RATE_LIMITED, session_id=bob.user_id)
        assert 0 < notice.retry_after_ms <= 2000
    heard = await bob.arrived("IMMsgData")
    assert [message.msg_id for message in heard] == acked


async def test_the_limit_is_each_connections_own(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    for seq in await alice.post_all(bob.user_id, [b"flood"] * 40):
        try:
            await alice.acked(seq)
        except RefusedError:
            continue
    assert (await bob.say(alice.user_id, b"calm")).msg_id > 0


async def test_who_was_refused_may_speak_again_a_second_later(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    sent = await alice.post_all(bob.user_id, [b"flood"] * 60)  # too many even where a second begins in it
    with pytest.raises(RefusedError):
        await alice.acked(sent[-1])
    await alice.clock_past(await alice.server_time() + 1)
    assert (await alice.say(bob.user_id, b"calmed down")).msg_id > 0
