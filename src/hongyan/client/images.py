"""Images inside texts: marks around the address of a file (spec/clients.md 5.5)."""

import re
from typing import Final

_OPEN: Final = "&$#@~^@[{:"
_CLOSE: Final = ":}]&$~@#@"
_MARK: Final = re.compile(re.escape(_OPEN) + r"(.*?)" + re.escape(_CLOSE), re.DOTALL)


def image_text(url: str) -> str:
    """Return the text that clients show as the image at ``url``; it may stand among other text."""
    return f"{_OPEN}{url}{_CLOSE}"


def image_urls(text: str) -> list[str]:
    """Return the addresses of the images in a text, in order."""
    return _MARK.findall(text)
