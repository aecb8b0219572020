"""Finds the file in a form, by the rules and with the error codes of the original (spec/http.md 3.2).

The body may be mapped from a file: nothing of it is copied here but the name.
"""

import mmap
import re
from typing import Final, NamedTuple

from hongyan.roles.msfs.names import MAX_EXTENSION_CHARS, MAX_NAME_BYTES, extension_of

NO_DISPOSITION: Final = 2
NO_FILE_NAME: Final = 3
NO_BOUNDARY: Final = 4
NO_PART: Final = 5
NO_PART_TYPE: Final = 6
NO_BLANK_LINE: Final = 7
NO_END: Final = 8
LONG_EXTENSION: Final = 9
NO_EXTENSION: Final = 10
LONG_NAME: Final = 11

MAX_PART_HEADER_BYTES: Final = 8192
_BOUNDARY: Final = re.compile(r'boundary=(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)
_PART_TYPE: Final = re.compile(rb"content-type:", re.IGNORECASE)


class FormError(Exception):
    """The body is not a form with a file; ``code`` is the original's error_code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"error {code}")
        self.code = code


class FilePart(NamedTuple):
    """A file inside a body, from ``start`` up to ``end``."""

    name: str
    start: int
    end: int


def find_file(body: bytes | mmap.mmap, content_type: str) -> FilePart:
    """Return the first part that has a file name.

    Raises:
        FormError: one of the original's rules is broken.
    """
    name_at, name = _file_name(body)
    _check_name(name)
    boundary = _boundary(content_type)
    part_at = body.rfind(boundary, 0, name_at)
    if part_at < 0:
        raise FormError(NO_PART)
    start = _content_start(body, part_at, name_at)
    end = body.find(b"\r\n--" + boundary, start)
    if end < 0:
        raise FormError(NO_END)
    return FilePart(name, start, end)


def _file_name(body: bytes | mmap.mmap) -> tuple[int, str]:
    disposition = body.find(b"Content-Disposition:")
    if disposition < 0:
        raise FormError(NO_DISPOSITION)
    key = b'filename="'
    at = body.find(key, disposition)
    end = body.find(b'"', at + len(key)) if at >= 0 else -1
    if end < 0:
        raise FormError(NO_FILE_NAME)
    if end - at - len(key) > MAX_NAME_BYTES:
        raise FormError(LONG_NAME)
    return at, body[at + len(key) : end].decode(errors="replace")


def _check_name(name: str) -> None:
    if "." not in name:
        raise FormError(NO_EXTENSION)
    if len(name.rpartition(".")[2].encode()) > MAX_EXTENSION_CHARS:
        raise FormError(LONG_EXTENSION)
    if not extension_of(name):
        raise FormError(NO_EXTENSION)


def _boundary(content_type: str) -> bytes:
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise FormError(NO_BOUNDARY)
    return (match[1] or match[2]).encode("latin-1")


def _content_start(body: bytes | mmap.mmap, part_at: int, name_at: int) -> int:
    blank = body.find(b"\r\n\r\n", name_at, name_at + MAX_PART_HEADER_BYTES)
    header = body[part_at : blank if blank >= 0 else name_at + MAX_PART_HEADER_BYTES]
    if _PART_TYPE.search(header) is None:
        raise FormError(NO_PART_TYPE)
    if blank < 0:
        raise FormError(NO_BLANK_LINE)
    return blank + 4
