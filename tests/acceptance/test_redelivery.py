"""A client that says so at login acks each delivery, and gets again what it did not ack."""

from .client import ANDROID, GROUP, SINGLE, WINDOWS, Client
from .people import People
from .wire import Message

CONFIG = """
[msg.limits]
redeliver_after_s = 1.0
"""
LETTERS = [b"a", b"b", b"c"]


async def ack(client: Client, message: Message) -> None:
    """Acks a delivery under the conversation as this client sees it."""
    single = message.msg_type < 0x11
    own = message.from_user_id == client.user_id
    session = message.to_session_id if own or not single else message.from_user_id
    await client.send(
        "IMMsgDataAck",
        session_id=session,
        msg_id=message.msg_id,
        session_type=SINGLE if single else GROUP,
    )


async def next_message(client: Client) -> Message:
    frame = await client.next(lambda frame: frame.command == 0x0301, "a delivery")
    assert frame.seq == 0
    return frame.message


async def different_messages(client: Client, count: int) -> list[Message]:
    """So many messages as they came; on a busy machine some may have come again before the last one."""
    messages: list[Message] = []
    while len(messages) < count:
        message = await next_message(client)
        if message not in messages:
            messages.append(message)
    return messages


async def acks_are_noted(client: Client) -> None:
    """What comes from now on was sent behind the acks; what had come again before them is forgotten."""
    await client.arrived()


async def test_only_what_was_not_acked_comes_again_on_the_same_connection(people: People) -> None:
    alice, bob = await people.online(), await people.online(acks_deliveries=True)
    for letter in LETTERS:
        await alice.say(bob.user_id, letter)
    first = await different_messages(bob, len(LETTERS))
    await ack(bob, first[0])
    await ack(bob, first[2])
    await acks_are_noted(bob)
    again = await next_message(bob)
    assert again == first[1]
    await ack(bob, again)
    await acks_are_noted(bob)
    await alice.say(bob.user_id, b"clock")
    for _ in range(2):
        assert (await next_message(bob)).msg_data == b"clock"  # then a round has passed


async def test_what_was_acked_never_comes_again_and_stock_clients_get_nothing_twice(
    people: People,
) -> None:
    user, stock = await people.user(), await people.online()
    alice = await people.online()
    bob = await people.online(user, WINDOWS, acks_deliveries=True)
    phone = await people.online(user, ANDROID, acks_deliveries=True)
    group = (await alice.create_group(bob.user_id, stock.user_id)).group_id
    await alice.say(bob.user_id, b"single")
    await alice.say_to_group(group, b"group")
    await phone.say(alice.user_id, b"own copy")
    await alice.say(stock.user_id, b"to the stock client")
    for device, count in ((bob, 3), (phone, 2)):
        for message in await different_messages(device, count):
            await ack(device, message)
        await acks_are_noted(device)
    unacked = await people.online(acks_deliveries=True)
    await alice.say(unacked.user_id, b"clock")
    for _ in range(2):
        assert (await next_message(unacked)).msg_data == b"clock"  # then a round has passed
    assert not await bob.arrived("IMMsgData")
    assert not await phone.arrived("IMMsgData")
    assert len(await stock.arrived("IMMsgData")) == 2


async def test_an_unacked_group_message_comes_again_too(people: People) -> None:
    alice, bob = await people.online(), await people.online(acks_deliveries=True)
    group = (await alice.create_group(bob.user_id)).group_id
    await alice.say_to_group(group, b"hello all")
    first = await next_message(bob)
    assert await next_message(bob) == first


async def test_anothers_ack_does_not_count(people: People) -> None:
    alice, bob = await people.online(), await people.online(acks_deliveries=True)
    eve = await people.online(acks_deliveries=True)
    await alice.say(bob.user_id, b"for bob")
    first = await next_message(bob)
    await eve.send(
        "IMMsgDataAck",
        user_id=bob.user_id,
        session_id=alice.user_id,
        msg_id=first.msg_id,
        session_type=SINGLE,
    )
    assert await next_message(bob) == first


async def test_after_a_reconnect_the_client_catches_up_from_history(people: People) -> None:
    alice, user = await people.online(), await people.user()
    bob = await people.online(user, acks_deliveries=True)
    for letter in LETTERS:
        await alice.say(user.user_id, letter)
    await ack(bob, await next_message(bob))
    bob.cut()
    bob = await people.online(user, acks_deliveries=True)
    unread = (await bob.unread())[alice.user_id, SINGLE]
    history = await bob.history(alice.user_id, count=unread.unread_cnt)
    assert [message.msg_data for message in history] == [b"c", b"b", b"a"]
