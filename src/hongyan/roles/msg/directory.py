"""The sessions of this msg_server: by handle, and by user once logged in."""

import itertools
from collections.abc import Iterator

from hongyan.roles.msg.session import ClientSession
from hongyan.wire.frame import Frame

_NOBODY: list[ClientSession] = []
_MAX_HANDLE = 2**32 - 1


class SessionDirectory:
    """Finds sessions. A user's sessions stand in the order in which they logged in."""

    def __init__(self) -> None:
        self._by_handle: dict[int, ClientSession] = {}
        self._by_user: dict[int, list[ClientSession]] = {}
        self._at_pc: set[int] = set()
        self._handles = itertools.cycle(range(1, _MAX_HANDLE))

    def __len__(self) -> int:
        return len(self._by_handle)

    @property
    def users(self) -> int:
        """How many users have a session here."""
        return len(self._by_user)

    def next_handle(self) -> int:
        """Return a handle that no session has."""
        handle = next(self._handles)
        while handle in self._by_handle:
            handle = next(self._handles)
        return handle

    def add(self, session: ClientSession) -> None:
        """Enter a new session under its handle."""
        self._by_handle[session.handle] = session

    def remove(self, session: ClientSession) -> None:
        """Forget a session altogether."""
        self._by_handle.pop(session.handle, None)
        self.leave(session)

    def join(self, session: ClientSession) -> None:
        """The session has logged in: from here it receives messages and notices."""
        self._by_user.setdefault(session.user_id, []).append(session)

    def leave(self, session: ClientSession) -> None:
        """The session receives nothing more."""
        sessions = self._by_user.get(session.user_id)
        if sessions is None or session not in sessions:
            return
        sessions.remove(session)
        if not sessions:
            del self._by_user[session.user_id]
            self._at_pc.discard(session.user_id)

    def find(self, handle: int) -> ClientSession | None:
        """Return the session that a server's answer is for, if it is still there."""
        return self._by_handle.get(handle)

    def of_user(self, user_id: int) -> list[ClientSession]:
        """Return the user's sessions here; the list must not be kept or changed."""
        return self._by_user.get(user_id, _NOBODY)

    def note_pc(self, user_id: int, *, is_on: bool) -> None:
        """A PC of the user, here or elsewhere, came or went; remembered while he has a session here."""
        if is_on and user_id in self._by_user:
            self._at_pc.add(user_id)
        else:
            self._at_pc.discard(user_id)

    def pc_is_on(self, user_id: int) -> bool:
        """Tell whether a user who has a session here sits at a PC, as far as is known."""
        return user_id in self._at_pc

    def forget_pcs(self) -> None:
        """Nobody tells us any more who comes and goes."""
        self._at_pc.clear()

    def logged_in(self) -> Iterator[ClientSession]:
        """Every session that has a user."""
        return itertools.chain.from_iterable(self._by_user.values())

    def all(self) -> list[ClientSession]:
        """Every session, anonymous ones included; a copy."""
        return list(self._by_handle.values())

    def tell_user(self, user_id: int, frame: Frame, *, but: ClientSession | None = None) -> None:
        """Send a frame to the user's sessions here, but not to ``but``."""
        for session in self._by_user.get(user_id, _NOBODY):
            if session is not but:
                session.send(frame)
