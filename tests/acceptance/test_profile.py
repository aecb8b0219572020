"""What a user changes about himself, and who hears of it."""

import pytest

from .client import ANDROID, IOS, WINDOWS, Kind, RefusedError
from .people import People


@pytest.mark.parametrize(
    "text",
    ["今天很好", "", 'it\'s "quoted"; DROP TABLE IMUser; --', "x" * 128, "line\nbreak", "🪿"],
    ids=["chinese", "empty", "quotes", "128", "newline", "goose"],
)
async def test_a_signature_is_stored_and_told_to_everybody(people: People, text: str) -> None:
    alice, bob, phone = (
        await people.online(),
        await people.online(),
        await people.online(kind=ANDROID),
    )
    answer = await alice.ask("IMChangeSignInfoReq", sign_info=text)
    assert answer.has(user_id=alice.user_id, result_code=0, sign_info=text)
    for client in (alice, bob, phone):
        frame = await client.expect_frame("IMSignInfoChangedNotify", changed_user_id=alice.user_id)
        assert (frame.message.sign_info, frame.seq) == (text, 0)
    read = await bob.ask("IMUsersInfoReq", user_id_list=[alice.user_id])
    assert read.user_info_list[0].sign_info == text


@pytest.mark.parametrize("text", ["x" * 129, "鸿" * 43], ids=["ascii", "chinese"])
async def test_a_signature_over_128_bytes_is_refused_and_not_told(people: People, text: str) -> None:
    alice, bob = await people.online(), await people.online()
    answer = await alice.ask("IMChangeSignInfoReq", sign_info=text)
    assert answer.has(result_code=1, sign_info=None)
    assert not await bob.arrived("IMSignInfoChangedNotify")


async def test_the_same_signature_again_is_no_error(people: People) -> None:
    alice = await people.online()
    for _ in range(2):
        assert (await alice.ask("IMChangeSignInfoReq", sign_info="same")).result_code == 0


async def test_nobody_writes_another_users_signature(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    answer = await alice.ask("IMChangeSignInfoReq", user_id=bob.user_id, sign_info="forged")
    assert answer.user_id == alice.user_id
    read = await bob.ask("IMUsersInfoReq", user_id_list=[bob.user_id])
    assert read.user_info_list[0].sign_info == ""


async def test_a_changed_avatar_is_answered_and_read_by_others(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    url = "http://127.0.0.1:8700/g0/000/000/1_100x100.png"
    answer = await alice.ask("IMChangeAvatarReq", avatar_url=url)
    assert answer.has(user_id=alice.user_id, result_code=0)
    read = await bob.ask("IMUsersInfoReq", user_id_list=[alice.user_id])
    assert read.user_info_list[0].avatar_url == url


async def test_nobody_changes_another_users_avatar(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    await alice.ask("IMChangeAvatarReq", user_id=bob.user_id, avatar_url="forged.png")
    read = await bob.ask("IMUsersInfoReq", user_id_list=[bob.user_id])
    assert read.user_info_list[0].avatar_url == ""


async def test_an_avatar_url_longer_than_its_column_is_refused(people: People) -> None:
    alice = await people.online()
    try:
        answer = await alice.ask("IMChangeAvatarReq", avatar_url="a" * 256)
    except RefusedError:
        return
    assert answer.result_code != 0


async def test_do_not_disturb_is_set_and_read(people: People) -> None:
    alice = await people.online(kind=IOS)
    assert (await alice.ask("IMQueryPushShieldReq")).has(result_code=0, shield_status=0)
    for status in (1, 0, 1):
        assert (await alice.ask("IMPushShieldReq", shield_status=status)).has(
            user_id=alice.user_id, result_code=0, shield_status=status
        )
        assert (await alice.ask("IMQueryPushShieldReq")).has(result_code=0, shield_status=status)


async def test_nobody_sets_another_users_do_not_disturb(people: People) -> None:
    alice, bob = await people.online(kind=IOS), await people.online(kind=IOS)
    await alice.ask("IMPushShieldReq", user_id=bob.user_id, shield_status=1)
    assert (await bob.ask("IMQueryPushShieldReq")).shield_status == 0
    assert (await alice.ask("IMQueryPushShieldReq", user_id=bob.user_id)).shield_status == 1


@pytest.mark.parametrize("kind", [IOS, ANDROID], ids=["ios", "android"])
async def test_a_phones_token_is_answered_with_its_user(people: People, kind: Kind) -> None:
    phone = await people.online(kind=kind)
    answer = await phone.ask("IMDeviceTokenReq", device_token="ab" * 32, client_type=0x11)
    assert answer.user_id == phone.user_id


async def test_a_pc_has_no_token(people: People) -> None:
    pc = await people.online(kind=WINDOWS)
    await pc.send("IMDeviceTokenReq", device_token="ab" * 32, client_type=1)
    assert not await pc.arrived("IMDeviceTokenRsp")
