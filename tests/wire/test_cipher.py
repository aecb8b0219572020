"""The message cipher against vectors of the original library (spec/crypto.md 4)."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.wire.cipher import CipherError, CipherFault, MessageCipher

VECTORS = {
    "a": "8+lyaGSNdKxdsEEADyYxvw==",
    "hello": "nnZSBwfPCz60q69ddmfIJA==",
    "hello world!": "B4ARdOHy4UktX4x32eJ3vQ==",
    "1234567890123": "ovYKzOY+0lEFsnZlqUWIQAr+GZ43+2mMfQMFqTsGBjY=",
    "123456789012345": "9diCvN4bOl5BzVTriuOM3FzIdZRUsFN9eOwYZegap80=",
    "1234567890123456": "zyFIAqnq8fihaJFqgH9gVAfU6OB7fpsvZh6GP3dYB9g=",
    "12345678901234567": "zyFIAqnq8fihaJFqgH9gVISXKc/8EWzLWkgO6ShwinI=",
    "x" * 28: "IBIZ7s+4AdsGScjFj6/3n+eRr3Pt8pVz7W9Z4kPrQtI=",
    "x" * 29: "IBIZ7s+4AdsGScjFj6/3nwKxL1aPQBSM7Z7BxovMsRrgAjGO8xbyD9tUy63YSSIG",
    "y" * 32: "WJmIDgkH9C6OxI+jPcN861iZiA4JB/QujsSPoz3DfOtd5ib/7yMH525m4ID/jXE3",
    "你好": "UKheN9KmjZEOcj7ZdGedvw==",
    "[语音]": "QhGXlpFjvMFUNrtl1aaPzA==",
    "您收到了一条消息": "5GHB33/rBDShoOz5omZrfnHXvZkYLTiPCCe+gx6PZ4k=",
    "你好，世界！TeamTalk": "onJ5Yj3XRZ40XL2dan/UtXJ2Et3zwGHG7zznLPYem5c=",
    "&$#@~^@[{:http://127.0.0.1:8700/g0/000/000/1_100x100.png:}]&$~@#@": (
        "dgjzZcuwYVvgiMtBlzoa8eN8fHjZTwqiCiw3dkhroNmgRH2L4H1bSJ0OYrlkgZ/4"
        "azqKzQoa2CL0097NhB9YTAF+1vVTpzngtxcVWcG0i3k="
    ),
    "\x00\x01\x02": "TcQB8OMWVlxB5cen5WPmaA==",
    "😀": "JY6zvGh+Pftwlm2lDS+Jiw==",
}
FAILURES = {
    "": CipherFault.EMPTY,
    "!!!!": CipherFault.NOT_BASE64,
    "AAAA": CipherFault.NOT_WHOLE_BLOCKS,
    "ABC": CipherFault.NOT_WHOLE_BLOCKS,
    "A" * 22 + "==": CipherFault.BAD_LENGTH,
    base64.b64encode(bytes(32)).decode(): CipherFault.BAD_LENGTH,
    "nnZSBwfPCz60q69ddmfIJA==!": CipherFault.NOT_BASE64,
    " \n": CipherFault.NOT_BASE64,
}
FAULT_NUMBERS = {"EMPTY": -1, "NOT_BASE64": -2, "NOT_WHOLE_BLOCKS": -3, "BAD_LENGTH": -4}


@pytest.fixture(scope="module")
def cipher() -> MessageCipher:
    return MessageCipher()


@pytest.mark.parametrize(("plain", "text"), VECTORS.items(), ids=lambda value: f"{len(value.encode())} bytes")
def test_vectors_of_the_original_library(cipher: MessageCipher, plain: str, text: str) -> None:
    assert cipher.encrypt(plain.encode()) == text.encode()
    assert cipher.decrypt(text.encode()) == plain.encode()


def test_another_key_makes_another_text() -> None:
    cipher = MessageCipher("abcdefghijklmnopqrstuvwxyz012345")
    assert cipher.encrypt(b"hello") == b"KIG2quNV4O1TzpfslpPkfQ=="


@pytest.mark.parametrize(("text", "fault"), FAILURES.items())
def test_what_cannot_be_decrypted_says_why(cipher: MessageCipher, text: str, fault: CipherFault) -> None:
    with pytest.raises(CipherError) as error:
        cipher.decrypt(text.encode())
    assert error.value.fault is fault


def test_faults_have_the_numbers_of_the_original_library() -> None:
    assert {fault.name: int(fault) for fault in CipherFault} == FAULT_NUMBERS


def test_nothing_cannot_be_encrypted(cipher: MessageCipher) -> None:
    with pytest.raises(CipherError) as error:
        cipher.encrypt(b"")
    assert error.value.fault is CipherFault.EMPTY


@pytest.mark.parametrize("key", ["", "short", "x" * 31, "x" * 33, "鸿" * 32])
def test_a_key_that_is_not_32_bytes_is_an_error(key: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        MessageCipher(key)


def test_white_space_and_padding_are_skipped(cipher: MessageCipher) -> None:
    assert cipher.decrypt(b" nnZSBwfPCz60\r\nq69ddmfIJA") == b"hello"


@pytest.mark.parametrize(
    ("size", "encrypted"),
    [(1, 16), (12, 16), (13, 32), (15, 32), (16, 32), (28, 32), (29, 48), (44, 48), (45, 64)],
)
def test_k_blocks_hold_up_to_16k_minus_4_bytes(cipher: MessageCipher, size: int, encrypted: int) -> None:
    assert len(base64.b64decode(cipher.encrypt(b"x" * size))) == encrypted


@given(st.binary(min_size=1, max_size=400))
def test_any_bytes_come_back(plain: bytes) -> None:
    cipher = MessageCipher()
    assert cipher.decrypt(cipher.encrypt(plain)) == plain


@given(st.binary(max_size=100))
def test_whatever_arrives_decrypting_returns_bytes_or_says_why_not(text: bytes) -> None:
    with suppress(CipherError):
        assert isinstance(MessageCipher().decrypt(text), bytes)
