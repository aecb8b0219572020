"""What a text must be to be stored as a name."""

from unicodedata import category

from hongyan.errors import ErrorCode, RefusedError

# Control characters, halves of characters, line and paragraph separators.
_REFUSED_CATEGORIES = frozenset(("Cc", "Cs", "Zl", "Zp"))


def check_text(what: str, value: str, width: int) -> None:
    """Check one line of text.

    Args:
        what: how to call it when it is refused, such as "a user's name".
        value: the text.
        width: how many characters its column holds.

    Raises:
        RefusedError: it is blank, too long, or holds what does not belong on one line.
    """
    if not value.strip():
        raise RefusedError(ErrorCode.NOT_ALLOWED, f"{what} must not be empty")
    if any(category(character) in _REFUSED_CATEGORIES for character in value):
        raise RefusedError(ErrorCode.NOT_ALLOWED, f"{what} must not hold control characters")
    if len(value) > width:
        text = f"{what} has at most {width} characters, this has {len(value)}"
        raise RefusedError(ErrorCode.TOO_LARGE, text)
