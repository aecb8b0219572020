"""Joins the model to the client: what happens there goes into the model, what the user does goes out."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final

from hongyan.chat.model import ChatModel
from hongyan.chat.thread import Delivery, Outgoing
from hongyan.client import (
    Client,
    ClientError,
    ClientState,
    Conversation,
    Event,
    Group,
    MembersChanged,
    Message,
    StateChanged,
    User,
)

PAGE: Final = 40
"""Messages that are loaded at once."""
TYPING_EVERY_S: Final = 5.0
"""How often the other side is told that we are still writing."""


class Chatter:
    """What a user can do, for any view.

    Args:
        client: logged in, for as long as this is used.
        on_change: called after each change of the model.
        on_attention: called with a message that asks for attention.
    """

    def __init__(
        self,
        client: Client,
        on_change: Callable[[], None],
        on_attention: Callable[[Message], None] = lambda _: None,
    ) -> None:
        self.client = client
        self.model = ChatModel(client.user_id, time.monotonic)
        self._on_change = on_change
        self._on_attention = on_attention
        self._typing_to: Conversation | None = None
        self._typing_told_at = 0.0
        # from the beginning, so that nothing that happens during the first refresh is missed
        self._events = client.events()

    async def refresh(self) -> None:
        """Pull people, groups, conversations and unread counters."""
        await self.model.directory.refresh(self.client)
        self.model.take_directory()
        self.model.take_unread(await self.client.unread())
        self._on_change()

    async def follow(self) -> None:
        """Take messages and events until the client ends; raises what ended it."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_messages(), name="messages")
            tasks.create_task(self._follow_events(), name="events")

    async def _follow_messages(self) -> None:
        async for message in self.client.messages():
            await self._learn_names(message)
            if self.model.take_message(message):
                self._on_attention(message)
            if not message.is_own and self.model.is_reading(message.conversation):
                await self._tell_read(message.conversation, message.msg_id)
            self._on_change()

    async def _follow_events(self) -> None:
        async for event in self._events:
            self.model.apply(event)
            self._on_change()
            await self._look_after(event)

    async def _look_after(self, event: Event) -> None:
        if isinstance(event, StateChanged) and event.state is ClientState.ONLINE:
            await self._try(self.refresh())
        elif isinstance(event, MembersChanged) and self.model.own_id in event.member_ids:
            await self._try(self.model.directory.learn_group(self.client, event.group_id))
            self._on_change()

    async def _learn_names(self, message: Message) -> None:
        """Ask for a group or a sender that is seen for the first time."""
        directory, where = self.model.directory, message.conversation
        if where.is_group and where.id not in directory.groups:
            await self._try(directory.learn_group(self.client, where.id))
        if message.sender_id not in directory.users:
            await self._try(self._learn_user(message.sender_id))

    async def _learn_user(self, user_id: int) -> None:
        for user in await self.client.users_by_id([user_id]):
            self.model.directory.users[user.id] = user

    async def _try(self, work: Coroutine[Any, Any, object]) -> bool:
        """Do what the user can go on without; say what went wrong."""
        try:
            await work
        except ClientError as error:
            self._say(str(error))
            return False
        return True

    def _say(self, text: str) -> None:
        self.model.notice = text
        self._on_change()

    async def open(self, conversation: Conversation) -> None:
        """Show a conversation: load its newest messages and count them as read."""
        self.model.open = conversation
        self.model.notice = ""
        self._on_change()
        if not self.model.thread(conversation).is_loaded:
            await self._try(self._load(conversation, before=0))
        await self.read()

    async def load_older(self, conversation: Conversation) -> None:
        """Load the page before what is there, if there is one."""
        thread = self.model.thread(conversation)
        if thread.is_loaded and not thread.is_complete:
            await self._try(self._load(conversation, before=thread.oldest_id))

    async def _load(self, conversation: Conversation, before: int) -> None:
        page = await self.client.history(conversation, before=before, count=PAGE)
        self.model.take_history(conversation, page)
        self._on_change()

    async def read(self) -> None:
        """The user looks at the open conversation: what is there counts as read."""
        conversation = self.model.open
        if conversation is None or not self.model.is_reading(conversation):
            return
        msg_id = self.model.mark_read(conversation)
        if msg_id:
            await self._tell_read(conversation, msg_id)
        self._on_change()

    async def _tell_read(self, conversation: Conversation, msg_id: int) -> None:
        await self._try(self.client.mark_read(conversation, msg_id))

    async def send(self, conversation: Conversation, text: str) -> bool:
        """Send a text and tell whether it was stored."""
        outgoing = self.model.start_send(conversation, text)
        self._on_change()
        self._typing_to = None
        return await self._send(conversation, outgoing)

    async def retry(self, conversation: Conversation) -> None:
        """Send again what did not go out, in its order."""
        for outgoing in self.model.thread(conversation).failed:
            outgoing.delivery = Delivery.PENDING
            await self._send(conversation, outgoing)

    async def _send(self, conversation: Conversation, outgoing: Outgoing) -> bool:
        try:
            sent = await self.client.send(conversation, outgoing.text, client_msg_id=outgoing.client_msg_id)
        except ClientError as error:
            self.model.fail_send(outgoing, str(error))
            self._on_change()
            return False
        self.model.finish_send(conversation, outgoing, sent.msg_id)
        self._on_change()
        return True

    async def typing(self, conversation: Conversation, *, is_typing: bool) -> None:
        """Let the other side know that we write, now and then; groups have no such thing."""
        now = time.monotonic()
        was_told = self._typing_to == conversation and now - self._typing_told_at < TYPING_EVERY_S
        if conversation.is_group or self.client.state is not ClientState.ONLINE:
            return
        if is_typing == was_told or (not is_typing and self._typing_to != conversation):
            return
        self._typing_to = conversation if is_typing else None
        self._typing_told_at = now
        await self._try(self.client.send_typing(conversation.id, is_typing=is_typing))

    async def create_group(self, name: str, member_ids: Iterable[int]) -> Group | None:
        """Make a group and show it; ``None`` when that failed, with a notice that says why."""
        try:
            group = await self.client.create_group(name, list(member_ids))
        except ClientError as error:
            self._say(f"The group was not made: {error}")
            return None
        self.model.directory.groups[group.id] = group
        await self.open(group.conversation)
        return group

    async def set_members(self, group: Group, wanted: Iterable[int]) -> None:
        """Add and remove until exactly these users are in a group."""
        now, wanted_ids = set(group.member_ids), set(wanted)
        if added := sorted(wanted_ids - now):
            await self._try(self.client.add_members(group.id, added))
        if removed := sorted(now - wanted_ids):
            await self._try(self.client.remove_members(group.id, removed))
        await self._try(self.model.directory.learn_group(self.client, group.id))
        self._on_change()

    async def toggle_mute(self, group_id: int) -> None:
        """Mute a group, or let it ask for attention again."""
        is_muted = group_id not in self.model.muted
        if await self._try(self.client.mute_group(group_id, is_muted=is_muted)):
            self.model.muted ^= {group_id}
            self._say("Muted: no sound and no push" if is_muted else "No longer muted")

    def find_user(self, name: str) -> User | None:
        """Find the one user meant by a login name, a nick or the beginning of one."""
        found = self.model.directory.find(name)
        exact = [user for user in found if name.casefold() in (user.name.casefold(), user.nick.casefold())]
        candidates = exact or found
        return candidates[0] if len(candidates) == 1 or len(exact) > 1 else None
