"""What stands in msg_data, and what other clients made of it."""

import pytest

from hongyan.client import Audio, Text
from hongyan.client.content import ContentCodec
from hongyan.wire.cipher import MessageCipher
from hongyan.wire.text import decode_utf8

CODEC = ContentCodec()


@pytest.mark.parametrize("text", ["hello", "你好，世界！", "😀", "a\nb", "[bold]x[/bold]"])
def test_a_text_comes_back_as_it_was_written(text: str) -> None:
    assert CODEC.decode(CODEC.encode_text(text), is_audio=False) == Text(text)


def test_a_text_that_does_not_decrypt_is_shown_as_it_is_and_marked() -> None:
    assert CODEC.decode(b"plain text", is_audio=False) == Text("plain text", is_readable=False)
    assert CODEC.decode(b"\xff\xfe", is_audio=False) == Text("\ufffd\ufffd", is_readable=False)


def test_no_data_is_no_text() -> None:
    assert CODEC.decode(b"", is_audio=False) == Text("")


def test_android_writes_emoji_as_two_surrogates_and_nul_as_two_bytes() -> None:
    modified = "a😀\0b".encode("utf-16", "surrogatepass")
    halves = b"".join(
        chr(int.from_bytes(modified[at : at + 2], "little")).encode("utf-8", "surrogatepass")
        for at in range(2, len(modified), 2)
    ).replace(b"\0", b"\xc0\x80")
    assert decode_utf8(halves) == "a😀\0b"
    assert CODEC.decode(MessageCipher().encrypt(halves), is_audio=False) == Text("a😀\0b")


def test_a_lone_surrogate_does_no_harm() -> None:
    assert decode_utf8(b"a\xed\xa0\xbdb") == "a\ufffdb"


def test_what_cannot_be_encoded_is_replaced_and_sent() -> None:
    assert CODEC.decode(CODEC.encode_text("a\ud83d"), is_audio=False) == Text("a?")


def test_audio_carries_its_length_before_the_sound() -> None:
    assert CODEC.decode(CODEC.encode_audio(b"speex", 7), is_audio=True) == Audio(7, b"speex")


@pytest.mark.parametrize("lost", [b"17", b"123456", b"", b"\x00\x00"])
def test_a_lost_sound_is_an_empty_one(lost: bytes) -> None:
    assert CODEC.decode(lost, is_audio=True) == Audio(0, b"")


def test_the_preview_of_a_voice_message_is_an_encrypted_word() -> None:
    word = MessageCipher().encrypt("[语音]".encode())
    assert CODEC.decode_preview(word, is_audio=True) == Text("[语音]")
    assert CODEC.decode_preview(CODEC.encode_audio(b"x" * 9, 4), is_audio=True) == Audio(4, b"x" * 9)
