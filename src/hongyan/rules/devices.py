"""Kinds of devices: who is kicked by whom, and who counts as a PC (spec/flows.md 2.4, 2.5)."""

from typing import Final

MOBILE_BIT: Final = 0x10
"""Set in the client types of phones: 0x11 iOS, 0x12 Android; clear in 0x01 Windows, 0x02 Mac."""
PC: Final = "pc"
MOBILE: Final = "mobile"
_KIND: Final = "kind:"
_MAC: Final = 0x02
_IOS: Final = 0x11


def is_mobile(client_type: int) -> bool:
    """Tell whether a client type is a phone's."""
    return bool(client_type & MOBILE_BIT)


def kick_class(client_type: int, device_kind: str = "") -> str:
    """Return the class in which a user may have one connection; the next login of the class kicks it.

    Args:
        client_type: as in IMLoginReq.
        device_kind: the extension for clients that are neither, such as ``web``: a class of its own.
    """
    if device_kind:
        return f"{_KIND}{device_kind}"
    return MOBILE if is_mobile(client_type) else PC


def device_of(class_: str) -> tuple[int, str] | None:
    """Return a client type and a device kind that are of a class; None when it is no class."""
    if class_.startswith(_KIND) and class_ != _KIND:
        return _MAC, class_.removeprefix(_KIND)
    return {PC: (_MAC, ""), MOBILE: (_IOS, "")}.get(class_)
