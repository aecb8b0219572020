"""Groups: who may do what, and what members see of it."""

from typing import Any

import pytest
from sqlalchemy import select

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import SessionType, cursors, groups, membership, messages, unread
from hongyan.store.teamtalk import GROUP

from .writing import NOW, Writer

NORMAL, TEMPORARY = 1, 2  # groups of the fixture: of user 1 with 2, 3, 10; of user 2 with 3


async def add(writer: Writer, group: int, *who: int, by: int | None) -> membership.MemberChange:
    change = membership.add_members
    return await writer.journal.submit(change, writer.conversations, group, who, by=by, now=writer.now)


async def remove(writer: Writer, group: int, *who: int, by: int | None) -> Any:
    change = membership.remove_members
    return await writer.journal.submit(change, writer.conversations, group, who, by=by, now=writer.now)


async def user_count(writer: Writer, group: int) -> tuple[int, int]:
    columns = select(GROUP.c.userCnt, GROUP.c.version).where(GROUP.c.id == group)
    return await writer.database.read(lambda c: tuple(c.execute(columns).one()))


async def test_the_count_of_members_is_the_number_of_members(company: Writer) -> None:
    created = await company.journal.submit(
        membership.create, name="g", group_type=1, member_ids=[3, 3, 1, 0], by=1, now=NOW
    )
    assert await user_count(company, created) == (2, 1)
    assert await add(company, created, 1, 4, 5, by=1) == (2, (1, 3, 4, 5), (4, 5))
    assert await user_count(company, created) == (4, 2)
    assert await remove(company, created, 4, 99, by=1) == (3, (1, 3, 5), (4, 99))
    assert await user_count(company, created) == (3, 3)
    assert await remove(company, created, by=1) == (4, (1, 3, 5), ())
    assert await add(company, created, 4, by=None) == (5, (1, 3, 4, 5), (4,))


@pytest.mark.parametrize(
    ("action", "group", "by", "allowed"),
    [
        (add, NORMAL, 1, True),
        (add, NORMAL, 2, False),
        (add, NORMAL, 5, False),
        (add, NORMAL, None, True),
        (add, TEMPORARY, 2, True),
        (add, TEMPORARY, 3, True),
        (add, TEMPORARY, 1, False),
        (add, TEMPORARY, 0, False),
        (remove, NORMAL, 1, True),
        (remove, NORMAL, 2, False),
        (remove, NORMAL, 0, False),
        (remove, NORMAL, None, True),
        (remove, TEMPORARY, 2, True),
        (remove, TEMPORARY, 3, False),
    ],
)
async def test_who_may_change_members(
    company: Writer, action: Any, group: int, by: int | None, allowed: bool
) -> None:
    before = await user_count(company, group)
    if allowed:
        assert (await action(company, group, 4, by=by)).version == before[1] + 1
        return
    with pytest.raises(RefusedError) as refused:
        await action(company, group, 4, by=by)
    assert refused.value.code == ErrorCode.NOT_ALLOWED
    assert await user_count(company, group) == before


async def test_an_unknown_group_cannot_be_changed(company: Writer) -> None:
    for action in (add, remove):
        with pytest.raises(RefusedError) as refused:
            await action(company, 77, 1, by=None)
        assert refused.value.code == ErrorCode.NOT_FOUND


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"member_ids": []},
        {"member_ids": [0]},
        {"name": "x" * 257},
        {"avatar": "x" * 257},
        {"group_type": 3},
    ],
)
async def test_a_group_that_cannot_be_is_refused(company: Writer, wrong: dict[str, Any]) -> None:
    good = {"name": "g", "avatar": "", "group_type": 2, "member_ids": [1], "by": 1, "now": NOW}
    with pytest.raises(RefusedError):
        await company.journal.submit(membership.create, **{**good, **wrong})


async def test_after_its_last_member_left_only_an_administrator_fills_a_group(
    company: Writer,
) -> None:
    await remove(company, TEMPORARY, 2, 3, by=2)
    assert (await company.group_text(2, TEMPORARY)).error is not None
    assert await company.database.read(groups.shields, TEMPORARY, [2]) is None
    assert (await add(company, TEMPORARY, 4, by=None)).current == (4,)
    assert (await company.group_text(4, TEMPORARY)).msg_id == 1


async def test_who_joins_later_reads_from_then_on(company: Writer) -> None:
    await company.group_text(1, NORMAL)
    company.now = NOW + 10
    await add(company, NORMAL, 4, by=1)
    place = (4, SessionType.GROUP, NORMAL)
    assert await company.database.read(messages.history, *place, 0, 10) == []
    assert await company.database.read(messages.by_ids, *place, [1]) == []
    assert await company.database.read(cursors.latest_id, *place) == 1
    assert await company.database.read(unread.unread, 4) == []


async def test_who_left_reads_nothing(company: Writer) -> None:
    await company.group_text(1, NORMAL)
    await remove(company, NORMAL, 2, by=1)
    place = (2, SessionType.GROUP, NORMAL)
    assert await company.database.read(messages.history, *place, 0, 10) == []
    assert await company.database.read(cursors.latest_id, *place) == 0
    assert await company.database.read(unread.unread, 2) == []
    assert await company.database.read(groups.info, 2, {NORMAL: 0}) == []
    assert await company.database.read(groups.normal_groups, 2) == []


async def test_who_comes_back_reads_from_his_return_on(company: Writer) -> None:
    await company.group_text(1, NORMAL)
    await remove(company, NORMAL, 2, by=1)
    await company.group_text(1, NORMAL)
    company.now = NOW + 10
    await add(company, NORMAL, 2, by=1)
    assert await company.database.read(unread.totals, [2]) == {}
    place = (2, SessionType.GROUP, NORMAL)
    assert await company.database.read(messages.history, *place, 0, 10) == []


async def test_info_tells_each_member_his_own_setting(company: Writer) -> None:
    await company.journal.submit(membership.set_shield, NORMAL, 2, 1)
    (seen_by_2,) = await company.database.read(groups.info, 2, {NORMAL: 0})
    (seen_by_1,) = await company.database.read(groups.info, 1, {NORMAL: 0})
    assert (seen_by_2.shield, seen_by_1.shield) == (1, 0)
    assert seen_by_1.members == (1, 10, 2, 3)
    with pytest.raises(RefusedError):
        await company.journal.submit(membership.set_shield, NORMAL, 4, 1)
    assert await company.database.read(groups.shields, NORMAL, [3, 2, 77]) == {3: 0, 2: 1, 77: 0}


async def test_operators_see_groups_with_names(company: Writer) -> None:
    await add(company, TEMPORARY, 900, by=2)
    listed = {found.group_id: found for found in await company.database.read(groups.list_groups)}
    assert listed[NORMAL] == (NORMAL, "group1", groups.NORMAL, "u1", ("u1", "u2", "u3", "u10"))
    assert listed[TEMPORARY].members == ("u2", "u3")
    assert 99 not in listed
