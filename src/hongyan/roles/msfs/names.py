"""The names of files: what is uploaded, stored and asked for (spec/http.md 3, spec/storage.md 6).

A file is stored under the SHA-256 of its content; its address carries the size that the uploader
named and the ending: ``g0/017/201/<digest>_320x200.png``. Names that an original msfs gave are
served as they are.
"""

import re
from dataclasses import dataclass
from typing import Final

MAX_NAME_BYTES: Final = 255
MAX_EXTENSION_CHARS: Final = 15

_SIZE: Final = re.compile(r"_(\d{1,4})x(\d{1,4})\.[^.]*$")
_OURS: Final = re.compile(r"(?P<digest>[0-9a-f]{64})(_\d{1,4}x\d{1,4})?\.[A-Za-z0-9]{1,15}")
_PLACE: Final = re.compile(r"/[^/]+/(?P<folder>\d{3}/\d{3})/(?P<name>[^/\0]{1,255})")
_THUMBNAIL: Final = re.compile(
    r"(?P<base>.+\.[A-Za-z0-9]{1,15})_(?P<width>\d{1,4})[x×](?P<height>\d{1,4})\.jpg"
)
_NOT_SAFE: Final = re.compile(r"[^A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Target:
    """What an address means.

    Attributes:
        key: where the store has it.
        extension: the ending of its name, in lower case.
        digest: of its content; empty for a name that an original gave.
        box: width and height that a client asked for by a suffix.
    """

    key: str
    extension: str
    digest: str
    box: tuple[int, int] | None = None


def stored_suffix(uploaded_name: str) -> str:
    """Return what the address of an upload ends in: its size, when the name tells one, and its ending."""
    extension = extension_of(uploaded_name)
    size = _SIZE.search(uploaded_name)
    return f"_{size[1]}x{size[2]}.{extension}" if size else f".{extension}"


def extension_of(name: str) -> str:
    """Return the ending of a name, without what has no place in an address; may be empty."""
    _, dot, extension = name.rpartition(".")
    return _NOT_SAFE.sub("", extension) if dot else ""


def key_of(digest: str) -> str:
    """Return where the store has a content."""
    return f"{int(digest[:2], 16):03}/{int(digest[2:4], 16):03}/{digest}"


def path_of(digest: str, suffix: str) -> str:
    """Return the public path of a content, without a leading slash."""
    return f"g0/{key_of(digest)}{suffix}"


def target_of(path: str) -> Target | None:
    """Return what a path asks for; None when no file can have it. The first element means nothing."""
    place = _PLACE.fullmatch(path)
    if place is None or place["name"].startswith("."):
        return None
    name, box = place["name"], None
    thumbnail = _THUMBNAIL.fullmatch(name)
    if thumbnail is not None:
        name, box = thumbnail["base"], (int(thumbnail["width"]), int(thumbnail["height"]))
    extension = extension_of(name).lower()
    ours = _OURS.fullmatch(name)
    if ours is not None:
        return Target(key_of(ours["digest"]), extension, ours["digest"], box)
    return Target(f"{place['folder']}/{name}", extension, "", box)
