"""Strings of peers, which need not be UTF-8 (spec/wire.md 1.2)."""


def text(value: str | bytes) -> str:
    """Return a ``string`` field as text.

    The protobuf runtime hands out bytes where the field is not UTF-8, whatever its stubs say.
    """
    return value.decode(errors="replace") if isinstance(value, bytes) else value
