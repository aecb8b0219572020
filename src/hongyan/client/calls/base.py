"""What every group of requests stands on."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol, TypeVar

from google.protobuf.message import Message as Protobuf

from hongyan.client.content import ContentCodec
from hongyan.client.exchange import Exchange
from hongyan.client.models import Conversation
from hongyan.wire.commands import Command

Q = TypeVar("Q", bound=Protobuf)
M = TypeVar("M", bound=Protobuf)

BATCH: Final = 100
"""Ids in one request; longer lists are asked for in parts, so that no answer grows too long."""


class HasConversation(Protocol):
    """A user, a group, a message: anything that belongs to one conversation."""

    @property
    def conversation(self) -> Conversation:
        """The conversation it belongs to."""


Place = Conversation | HasConversation
"""What can be written to: a conversation, or anything that belongs to one."""


def conversation_of(place: Place) -> Conversation:
    """Name the conversation that is meant."""
    return place if isinstance(place, Conversation) else place.conversation


def batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Cut a list of ids into parts that one request can carry."""
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


class Calls:
    """The exchange with the server, and who is logged in on it."""

    def __init__(self, exchange: Exchange, codec: ContentCodec) -> None:
        self._exchange = exchange
        self._codec = codec

    @property
    def user_id(self) -> int:
        """The id of the user who is logged in."""
        raise NotImplementedError

    async def _ask(self, command: Command[Q], message: Q, reply: Command[M], *, repeatable: bool = True) -> M:
        return await self._exchange.ask(command, message, reply, repeatable=repeatable)

    async def _tell(self, command: Command[Any], message: Protobuf) -> None:
        await self._exchange.until_attached()
        self._exchange.tell(command, message)
