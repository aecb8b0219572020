"""Settings of ours in the making: what has been taken from an original's file, and what could not be."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from hongyan.config import sections
from hongyan.config.teamtalk.syntax import Entry, leading_integer, read_entries
from hongyan.errors import ConfigError

UNKNOWN: Final = "not a key of this server; the original ignores it too"

REPEATED: Final = "repeated; the first one counts"


class Setting(NamedTuple):
    """One setting, and the keys that it was read from or why it is so; line 0 when no line says it."""

    path: sections.Path
    value: Any
    why: str
    line: int


class Draft:
    """One file on its way to our model.

    Attributes:
        file: where it came from.
        settings: what has a counterpart, in the order of our sections.
        notes: entries without one, each with the reason.
        peers_named: hosts of other servers that the file names.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.settings: list[Setting] = []
        self.notes: list[tuple[Entry, str]] = []
        self.peers_named: list[str] = []
        self._entries, repeats = read_entries(file)
        self.notes += [(entry, REPEATED) for entry in repeats]
        self._used: set[str] = set()
        self._missing: list[str] = []

    def has(self, key: str) -> bool:
        """Tell whether a key stands in the file."""
        return key in self._entries

    # Taking a key: each gives our setting the value and returns it.

    def text(self, key: str, path: str, *, required: bool = False) -> str | None:
        """Take text as it is."""
        entry = self.entry(key, required=required)
        return None if entry is None else self.set(path, entry.value, entry)

    def number(self, key: str, path: str, *, required: bool = False) -> int | None:
        """Take a number."""
        entry = self.entry(key, required=required)
        return None if entry is None else self.set(path, leading_integer(entry.value), entry)

    def milliseconds(self, key: str, path: str, *, required: bool = False) -> float | None:
        """Take a time, which ours has in seconds."""
        entry = self.entry(key, required=required)
        return None if entry is None else self.set(path, leading_integer(entry.value) / 1000, entry)

    def hosts(self, key: str, path: str, *, required: bool = False) -> tuple[str, ...] | None:
        """Take addresses to listen on, with semicolons between them."""
        entry = self.entry(key, required=required)
        return None if entry is None else self.set(path, _hosts(entry.value), entry)

    def peers(self, name: str, path: str) -> tuple[str, ...]:
        """Take ``<name>IP1`` and ``<name>Port1``, then 2, and so on until one of a pair is missing.

        A file that names none means none, and not our default.
        """
        pairs = list(self._pairs(name))
        addresses = tuple(f"{ip.value}:{leading_integer(port.value)}" for ip, port in pairs)
        keys = f"{name}IP1, {name}Port1, ..."
        first = pairs[0][0] if pairs else Entry(keys, "", 0)
        self.peers_named += [ip.value for ip, _ in pairs]
        self.set(path, addresses, first, keys)
        return addresses

    def drop(self, key: str, why: str) -> None:
        """Say why an entry has no counterpart, if it is there."""
        entry = self.entry(key)
        if entry is not None:
            self.notes.append((entry, why))

    def entry(self, key: str, *, required: bool = False) -> Entry | None:
        """Return an entry and count it as used."""
        self._used.add(key)
        entry = self._entries.get(key)
        if entry is None and required:
            self._missing.append(key)
        return entry

    def set(self, path: str, value: Any, entry: Entry, keys: str = "") -> Any:
        """Set one of our settings from an entry."""
        self.settings.append(Setting(tuple(path.split(".")), value, keys or entry.key, entry.line))
        return value

    def add(self, path: str, value: Any, why: str) -> None:
        """Set one of our settings that no key speaks of."""
        self.settings.append(Setting(tuple(path.split(".")), value, why, 0))

    def finish(self, role: str) -> None:
        """Note what nobody took.

        Raises:
            ConfigError: a key is missing that the original does not start without.
        """
        if self._missing:
            raise ConfigError(
                "\n".join(f"{self.file}: {key} is missing; {role}_server needs it" for key in self._missing)
            )
        left_over = (entry for key, entry in self._entries.items() if key not in self._used)
        self.notes += [(entry, UNKNOWN) for entry in left_over]

    def _pairs(self, name: str) -> Iterator[tuple[Entry, Entry]]:
        for number in range(1, len(self._entries) + 1):
            ip, port = self.entry(f"{name}IP{number}"), self.entry(f"{name}Port{number}")
            if ip is None or port is None:
                return
            yield ip, port


def _hosts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())
