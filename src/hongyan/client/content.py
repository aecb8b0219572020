"""What stands inside msg_data: encrypted text or plain sound (spec/crypto.md 2, spec/clients.md 5)."""

from struct import Struct
from typing import Final

from hongyan.client.models import Audio, Content, Text
from hongyan.wire.cipher import DEFAULT_KEY, CipherError, MessageCipher
from hongyan.wire.text import decode_utf8

_DURATION: Final = Struct(">I")


class ContentCodec:
    """Writes and reads msg_data with one message key."""

    def __init__(self, key: str = DEFAULT_KEY) -> None:
        self._cipher = MessageCipher(key)

    def encode_text(self, text: str) -> bytes:
        """Encrypt a text.

        Raises:
            ValueError: it is empty, which the protocol cannot carry.
        """
        if not text:
            raise ValueError("a message needs some text")
        return self._cipher.encrypt(text.encode("utf-8", "replace"))

    def encode_audio(self, sound: bytes, duration_s: int) -> bytes:
        """Put the length before the sound; stock clients expect Speex in Ogg at 8 kHz."""
        return _DURATION.pack(duration_s) + sound

    def decode(self, data: bytes, *, is_audio: bool) -> Content:
        """Read msg_data; never fails, since what other clients wrote is already stored."""
        return decode_audio(data) if is_audio else self._decode_text(data)

    def decode_preview(self, data: bytes, *, is_audio: bool) -> Content:
        """Read the newest message of a list, where a voice message is a fixed encrypted text."""
        text = self._decode_text(data)
        return text if text.is_readable or not is_audio else decode_audio(data)

    def _decode_text(self, data: bytes) -> Text:
        try:
            return Text(decode_utf8(self._cipher.decrypt(data)))
        except CipherError:
            return Text(decode_utf8(data), is_readable=not data)


def decode_audio(data: bytes) -> Audio:
    """Split length and sound. A lost sound is a decimal number in text (spec/clients.md 5.6)."""
    if len(data) <= _DURATION.size or data.isdigit():
        return Audio(0, b"")
    (duration_s,) = _DURATION.unpack_from(data)
    return Audio(duration_s, data[_DURATION.size :])
