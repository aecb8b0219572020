"""The chain of password digests against vectors of the original (spec/crypto.md 5)."""

import pytest

from hongyan.wire.passwords import is_password_digest, password_digest, salted_digest

SENT = {
    "123456": "e10adc3949ba59abbe56e057f20f883e",
    "12345": "827ccb0eea8a706c4c34a16891f84e7b",
    "a": "0cc175b9c0f1b6a831c399e269772661",
    "admin": "21232f297a57a5a743894a0e4a801fc3",
    "密码": "a8105204604a0b11e916f3879aae3b0b",
    "1234567890123456": "abeac07d3c28c1bef9e730002c753ed4",
}
STORED = [
    ("123456", "1234", "b605e86d02eef8bfd0646f6a704c17c9"),
    ("123456", "", "14e1b600b1fd579f47433b88e8d85291"),
    ("admin", "8a1c", "3559185ff7b60c77098fc8847a0b81e3"),
]


@pytest.mark.parametrize(("password", "digest"), SENT.items())
def test_what_clients_send(password: str, digest: str) -> None:
    assert password_digest(password) == digest
    assert is_password_digest(digest)


@pytest.mark.parametrize(("password", "salt", "stored"), STORED)
def test_what_teamtalk_stores(password: str, salt: str, stored: str) -> None:
    assert salted_digest(password_digest(password), salt) == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123456",
        "E10ADC3949BA59ABBE56E057F20F883E",
        "e10adc3949ba59abbe56e057f20f883e\n",
        "g" * 32,
        "a" * 33,
    ],
)
def test_what_is_no_digest(text: str) -> None:
    assert not is_password_digest(text)
