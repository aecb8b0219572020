"""A frame as plain data for people: header fields, and the message's fields with secrets masked."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from hongyan.wire.cipher import CipherError, MessageCipher
from hongyan.wire.commands import COMMANDS
from hongyan.wire.frame import HEADER, HEADER_BYTES, VERSION

MASK: Final = "***"
HEX_BYTES: Final = 32
"""So much of bytes that cannot be decoded is shown."""

SECRETS: Final = frozenset({"password", "device_token", "token", "user_token", "mac", "nonce"})
CONTENTS: Final = frozenset({"msg_data", "latest_msg_data", "cmd_msg_data", "file_data", "flash", "data"})
ENCRYPTED: Final = frozenset({"msg_data", "latest_msg_data"})


@dataclass(slots=True)
class Decoded:
    """One frame.

    Attributes:
        command: the name in the protocol's enums; empty for an id that has none.
        odd: header fields that servers would write otherwise.
        fields: the message's fields, in plain types; bytes as hexadecimal text.
        problem: why there are no fields, or not all of them.
    """

    command: str
    command_id: int
    seq: int
    length: int
    odd: dict[str, int]
    fields: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


class Decoder:
    """Decodes frames.

    Args:
        show_content: show passwords and contents, text decrypted.
        key: the clients' message key.
    """

    def __init__(self, *, show_content: bool, key: str) -> None:
        self._show_content = show_content
        self._cipher = MessageCipher(key)

    def decode(self, raw: bytes) -> Decoded:
        """Decode one whole frame; what cannot be decoded is shown as it is."""
        length, version, flag, service, command_id, seq, reserved = HEADER.unpack_from(raw)
        usual = {"version": VERSION, "flag": 0, "service": command_id >> 8, "reserved": 0}
        found = {"version": version, "flag": flag, "service": service, "reserved": reserved}
        odd = {name: value for name, value in found.items() if value != usual[name]}
        command = COMMANDS.get(command_id)
        decoded = Decoded(command.name if command else "", command_id, seq, length, odd)
        body = raw[HEADER_BYTES:]
        if command is None:
            decoded.problem = _undecodable("unknown command", body)
        else:
            self._read_body(decoded, command.message(), body)
        return decoded

    def _read_body(self, decoded: Decoded, message: Message, body: bytes) -> None:
        try:
            message.MergeFromString(body)
        except DecodeError:
            decoded.problem = _undecodable("does not parse", body)
            return
        decoded.fields = dict(self._fields(message))
        if not message.IsInitialized():
            missing = message.FindInitializationErrors()  # type: ignore[attr-defined] # not in the stubs
            decoded.problem = f"lacks {', '.join(missing)}"

    def _fields(self, message: Message) -> Iterator[tuple[str, Any]]:
        for descriptor, value in message.ListFields():
            if descriptor.is_repeated:
                yield descriptor.name, [self._value(descriptor, item) for item in value]
            else:
                yield descriptor.name, self._value(descriptor, value)

    def _value(self, descriptor: FieldDescriptor, value: Any) -> Any:
        name = descriptor.name
        if descriptor.message_type is not None:
            return dict(self._fields(value))
        if name in SECRETS or name in CONTENTS:
            return self._hidden(name, value)
        if descriptor.enum_type is not None:
            known = descriptor.enum_type.values_by_number.get(value)
            return known.name if known else value
        return _hex(value) if isinstance(value, bytes) else value

    def _hidden(self, name: str, value: str | bytes) -> str:
        if not self._show_content:
            return f"{MASK} ({len(value)} bytes)" if name in CONTENTS else MASK
        if isinstance(value, str):
            return value
        if name in ENCRYPTED:
            try:
                return self._cipher.decrypt(value).decode()
            except (CipherError, UnicodeDecodeError):
                pass  # a voice, or text of a client with another key
        return _readable(value)


def _readable(value: bytes) -> str:
    text = value.decode(errors="replace")
    return text if text.isprintable() and "\ufffd" not in text else _hex(value)


def _undecodable(reason: str, body: bytes) -> str:
    return f"{reason}: {_hex(body)}" if body else reason


def _hex(data: bytes) -> str:
    shown = data[:HEX_BYTES].hex()
    return shown if len(data) <= HEX_BYTES else f"{shown}... ({len(data)} bytes)"
