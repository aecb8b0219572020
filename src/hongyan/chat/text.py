"""Text of other people, made fit for a terminal: nothing in it is obeyed, and widths are right."""

import unicodedata
from typing import Final

from rich.cells import cell_len, set_cell_size

_ELLIPSIS: Final = "…"
_UNSAFE_CATEGORIES: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Directional overrides, which could make a line look like another one."""


def safe(text: str) -> str:
    """Replace everything that a terminal would obey instead of showing; line ends stay."""
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    return "".join(_safe_character(character) for character in text)


def _safe_character(character: str) -> str:
    if character == "\n" or (character.isprintable() and character not in _BIDI):
        return character
    unsafe = character in _BIDI or unicodedata.category(character) in _UNSAFE_CATEGORIES
    return "\ufffd" if unsafe else character


def one_line(text: str) -> str:
    """Make a single safe line of a text, as for a list."""
    return " ".join(safe(text).split())


def fit(text: str, width: int) -> str:
    """Cut or pad a line to exactly ``width`` terminal cells; Chinese characters take two."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(set_cell_size(text, width - 1).rstrip() + _ELLIPSIS, width)
