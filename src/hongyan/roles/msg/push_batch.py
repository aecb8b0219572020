"""One round of pushes: the messages that wait, who has a phone with a token, and who muted a group."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from hongyan.rules import push
from hongyan.wire.pb.base_define_pb2 import UserTokenInfo

MAX_RECEIVERS: Final = 50_000
"""How many people one round asks for; groups beyond that are left out."""


class PushNote(NamedTuple):
    """What a push needs of a message.

    Attributes:
        content: the encrypted text; empty for a voice message.
        nick: the sender's; None when he is not here any more.
    """

    sender: int
    session_id: int
    msg_type: int
    content: bytes
    nick: str | None


class PushBatch:
    """The messages of a round in their order, and what db_proxy answered about their receivers.

    Attributes:
        tokens: those that were found, by user.
    """

    def __init__(self) -> None:
        self.tokens: dict[int, UserTokenInfo] = {}
        self._notes: list[tuple[PushNote, bool]] = []
        self._members: dict[int, Sequence[int]] = {}
        self._awake: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return len(self._notes)

    def add_single(self, note: PushNote) -> None:
        """Add a message to one user."""
        self._notes.append((note, False))

    def add_group(self, note: PushNote, members: Sequence[int]) -> None:
        """Add a message to a group; ``members`` is kept, and the latest of a group counts."""
        self._members[note.session_id] = members
        self._notes.append((note, True))

    def receivers(self) -> list[int]:
        """Return everybody who may have to be pushed, each once."""
        found = dict.fromkeys(note.session_id for note, is_group in self._notes if not is_group)
        for group_id, members in list(self._members.items()):
            if len(found) + len(members) > MAX_RECEIVERS:
                del self._members[group_id]
            else:
                found.update(dict.fromkeys(members))
        return list(found)

    def groups_with_phones(self) -> Iterator[tuple[int, list[int]]]:
        """Yield the groups in which somebody has a token, with those members."""
        for group_id, members in self._members.items():
            with_phone = [user_id for user_id in members if user_id in self.tokens]
            if with_phone:
                yield group_id, with_phone

    def note_shields(self, group_id: int, shields: Iterable[tuple[int, int]]) -> None:
        """Keep who of a group, as (user, shield status), is to be pushed."""
        self._awake[group_id] = [user_id for user_id, status in shields if not push.is_silenced(status)]

    def wanted(self) -> Iterator[tuple[PushNote, list[UserTokenInfo]]]:
        """Yield each message with the tokens it goes to; without the sender's, and never with none."""
        for note, is_group in self._notes:
            users = self._awake.get(note.session_id, ()) if is_group else (note.session_id,)
            tokens = list(push.receivers(self.tokens, users, note.sender))
            if tokens:
                yield note, tokens
