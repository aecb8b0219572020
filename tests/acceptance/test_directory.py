"""Users and departments: everything once, then only what changed."""

from .client import Client
from .people import People
from .suite import Suite
from .wire import Message

LEFT = 3


async def users_since(client: Client, since: int) -> Message:
    return await client.ask("IMAllUserReq", latest_update_time=since)


def names(answer: Message) -> list[str]:
    return [info.user_real_name for info in answer.user_list]


async def infos(client: Client, *user_ids: int) -> list[Message]:
    return (await client.ask("IMUsersInfoReq", user_id_list=list(user_ids))).user_info_list


# --- users ---


async def test_the_first_sync_brings_everybody_and_the_time_to_ask_from(people: People) -> None:
    alice, absent = await people.online(), await people.user()
    answer = await users_since(alice, 0)
    assert {alice.user.name, absent.name} <= set(names(answer))
    assert len(set(names(answer))) == len(names(answer))
    assert 0 < answer.latest_update_time <= await alice.server_time()


async def test_a_later_sync_brings_only_who_changed(people: People, suite: Suite) -> None:
    alice = await people.online()
    seen = (await users_since(alice, 0)).latest_update_time
    await alice.clock_past(seen)
    suite.admin("user", "add", "late_arrival", "--password", "pw", "--nick", "晚到")
    answer = await users_since(alice, seen + 1)
    assert names(answer) == ["late_arrival"]
    assert answer.user_list[0].user_nick_name == "晚到"
    assert answer.latest_update_time > seen


async def test_a_sync_that_missed_nothing_is_empty_and_keeps_the_time(people: People) -> None:
    alice = await people.online()
    future = await alice.server_time() + 1000
    answer = await users_since(alice, future)
    assert answer.has(user_list=[], latest_update_time=future)


async def test_a_disabled_user_comes_with_the_next_sync_as_left(people: People, suite: Suite) -> None:
    alice, leaver = await people.online(), await people.user()
    seen = (await users_since(alice, 0)).latest_update_time
    await alice.clock_past(seen)
    suite.admin("user", "disable", leaver.name)
    changed = await users_since(alice, seen + 1)
    assert names(changed) == [leaver.name]
    assert changed.user_list[0].status == LEFT
    assert leaver.name not in names(await users_since(alice, 0))


async def test_a_changed_signature_comes_with_the_next_sync(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    seen = await alice.server_time()
    await bob.ask("IMChangeSignInfoReq", sign_info="on the road")
    changed = await users_since(alice, seen)
    assert [info.sign_info for info in changed.user_list if info.user_id == bob.user_id] == ["on the road"]


async def test_user_info_brings_the_asked_ones_that_exist_each_once(people: People) -> None:
    alice, bob = await people.online(), await people.user()
    answer = await infos(alice, bob.user_id, 4_000_000, alice.user_id, bob.user_id)
    assert sorted(info.user_id for info in answer) == sorted([alice.user_id, bob.user_id])
    assert await infos(alice) == []


async def test_what_the_administrator_wrote_is_what_clients_read(people: People, suite: Suite) -> None:
    department = department_id(suite, "Records")
    suite.admin(
        *("user", "add", "recorded", "--password", "pw", "--nick", "记录"),
        *("--department", "Records", "--phone", "13800000000"),
        *("--email", "r@example.com", "--sex", "female"),
    )
    alice = await people.online()
    everybody = await users_since(alice, 0)
    recorded = next(info for info in everybody.user_list if info.user_real_name == "recorded")
    assert recorded.has(
        user_nick_name="记录",
        department_id=department,
        user_tel="13800000000",
        email="r@example.com",
        user_gender=2,
    )


# --- departments ---


async def departments_since(client: Client, since: int) -> Message:
    return await client.ask("IMDepartmentReq", latest_update_time=since)


def department_id(suite: Suite, name: str) -> int:
    """Makes a department; its id."""
    output = suite.admin("department", "add", name)
    return int("".join(filter(str.isdigit, output.replace(name, ""))) or 0)


async def test_departments_come_once_and_then_only_what_changed(people: People, suite: Suite) -> None:
    alice = await people.online()
    suite.admin("department", "add", "研发")
    first = await departments_since(alice, 0)
    assert "研发" in [department.dept_name for department in first.dept_list]
    await alice.clock_past(first.latest_update_time)
    suite.admin("department", "add", "Sales")
    later = await departments_since(alice, first.latest_update_time)
    assert [department.dept_name for department in later.dept_list] == ["Sales"]
    assert later.dept_list[0].dept_status == 0
    nothing = await departments_since(alice, later.latest_update_time)
    assert nothing.has(dept_list=[], latest_update_time=later.latest_update_time)
