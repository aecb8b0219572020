"""Who is where, and who is told when that changes (spec/flows.md 3).

The original forgets to reduce its counts when a msg_server is lost, and tells nobody. Here the
counts are kept per link, so a lost link takes its users with it and they are announced.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from hongyan.rules.devices import is_mobile


class StatusNotice(NamedTuple):
    """Tell every PC client: this user's PC status is now ``status`` (IMUserStatNotify)."""

    user_id: int
    status: int


class PcLoginNotice(NamedTuple):
    """Tell the user's phones: your PC is on or off (IMServerPCLoginStatusNotify)."""

    user_id: int
    is_on: bool


Notice = StatusNotice | PcLoginNotice

ONLINE = 1
OFFLINE = 2


class Device(NamedTuple):
    """Where a client is connected, and what it is; ``kind`` as in ``kick_class``."""

    link: int
    client_type: int
    kind: str = ""


class Presence:
    """The connections of every user, by link, client type and kind."""

    def __init__(self) -> None:
        self._users: dict[int, dict[Device, int]] = {}  # how many connections
        self._lost: set[int] = set()  # whose PC was on a link that was lost and has not come back with it

    def __len__(self) -> int:
        return len(self._users)

    def is_online(self, user_id: int) -> bool:
        """Tell whether the user has a PC client anywhere; phones do not count."""
        return any(not is_mobile(device.client_type) for device in self._users.get(user_id, ()))

    def arrive(self, link: int, user_id: int, client_type: int, status: int, kind: str = "") -> list[Notice]:
        """A client logged in, or changed its status."""
        devices, device = self._users.setdefault(user_id, {}), Device(link, client_type, kind)
        devices[device] = devices.get(device, 0) + 1
        notices: list[Notice] = []
        if self.is_online(user_id):
            # Also when a phone arrives: it learns that its PC is on.
            notices.append(PcLoginNotice(user_id, is_on=True))
        if not is_mobile(client_type):
            notices.append(StatusNotice(user_id, status))
        return notices

    def depart(self, link: int, user_id: int, client_type: int, kind: str = "") -> list[Notice]:
        """A client is gone. Unknown ones change nothing."""
        devices, device = self._users.get(user_id), Device(link, client_type, kind)
        if devices is None or device not in devices:
            return []
        devices[device] -= 1
        if not devices[device]:
            del devices[device]
        return self._after_departure(user_id, was_pc=not is_mobile(client_type))

    def report(self, link: int, user_id: int, client_type: int, kind: str = "") -> list[Notice]:
        """A msg_server lists a client it already had; only who was announced as lost is announced again."""
        is_news = user_id in self._lost and not self.is_online(user_id)
        notices = self.arrive(link, user_id, client_type, ONLINE, kind)
        if is_mobile(client_type):
            return []  # its PC, which others see, may stand behind it in the list
        self._lost.discard(user_id)
        return notices if is_news else []

    def link_lost(self, link: int) -> list[Notice]:
        """A msg_server is gone, with everybody on it."""
        notices: list[Notice] = []
        for user_id in [user for user, devices in self._users.items() if _on_link(devices, link)]:
            had_pc = self.is_online(user_id)
            devices = self._users[user_id]
            for device in [device for device in devices if device.link == link]:
                del devices[device]
                if not is_mobile(device.client_type):
                    self._lost.add(user_id)
            notices += self._after_departure(user_id, was_pc=had_pc)
        return notices

    def devices(self, users: Collection[int] | None, after: int, limit: int) -> list[tuple[int, Device]]:
        """List the devices of those online, by user id; a user's stay together.

        Args:
            users: whom to list; None for everybody.
            after: begin behind this user.
            limit: how many devices at most, but always all of one user.
        """
        wanted = self._users.keys() if users is None else self._users.keys() & users
        found: list[tuple[int, Device]] = []
        for user_id in sorted(user for user in wanted if user > after):
            own = [(user_id, device) for device in sorted(self._users[user_id])]
            if found and len(found) + len(own) > limit:
                break
            found += own
        return found

    def _after_departure(self, user_id: int, *, was_pc: bool) -> list[Notice]:
        still_somewhere = bool(self._users[user_id])
        if not still_somewhere:
            del self._users[user_id]
        if not was_pc or self.is_online(user_id):
            return []
        notices: list[Notice] = [PcLoginNotice(user_id, is_on=False)] if still_somewhere else []
        return [*notices, StatusNotice(user_id, OFFLINE)]


def _on_link(devices: Iterable[Device], link: int) -> bool:
    return any(device.link == link for device in devices)
