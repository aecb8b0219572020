"""The message cipher of the clients: AES-256-ECB with the length at the end, in Base64 (spec/crypto.md 2).

It hides text from nobody who has the key, and every client has the same one; it is here because
clients expect it.
"""

import base64
import binascii
from enum import IntEnum
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hongyan.errors import HongyanError

DEFAULT_KEY: Final = "12345678901234567890123456789012"
"""The key that is compiled into the stock clients."""
KEY_BYTES: Final = 32
_BLOCK: Final = 16
_LENGTH_BYTES: Final = 4


class CipherFault(IntEnum):
    """Why a text cannot be encrypted or decrypted; the numbers are the original library's."""

    EMPTY = -1
    NOT_BASE64 = -2
    NOT_WHOLE_BLOCKS = -3
    BAD_LENGTH = -4


class CipherError(HongyanError):
    """A text that the cipher cannot take; ``fault`` says why."""

    def __init__(self, fault: CipherFault) -> None:
        super().__init__(fault.name.lower().replace("_", " "))
        self.fault = fault


class MessageCipher:
    """Encrypts and decrypts msg_data with one key."""

    def __init__(self, key: str = DEFAULT_KEY) -> None:
        raw = key.encode()
        if len(raw) != KEY_BYTES:
            raise ValueError(f"the key must be {KEY_BYTES} bytes, not {len(raw)}")
        # ECB is what the protocol prescribes; each message stands alone.
        self._cipher = Cipher(algorithms.AES(raw), modes.ECB())  # noqa: S305

    def encrypt(self, plain: bytes) -> bytes:
        """Return the Base64 ciphertext.

        Raises:
            CipherError: ``plain`` is empty.
        """
        size = len(plain)
        if size == 0:
            raise CipherError(CipherFault.EMPTY)
        blocks = (size + _LENGTH_BYTES + _BLOCK - 1) // _BLOCK
        padding = bytes(blocks * _BLOCK - size - _LENGTH_BYTES)
        encryptor = self._cipher.encryptor()
        data = encryptor.update(plain + padding + size.to_bytes(_LENGTH_BYTES, "big"))
        return base64.b64encode(data + encryptor.finalize())

    def decrypt(self, text: bytes) -> bytes:
        """Return the plaintext bytes; UTF-8 by convention, which is not checked here.

        Raises:
            CipherError: empty, not Base64, not whole blocks, or an impossible length.
        """
        if not text:
            raise CipherError(CipherFault.EMPTY)
        data = _decode_base64(text)
        if len(data) % _BLOCK:
            raise CipherError(CipherFault.NOT_WHOLE_BLOCKS)
        decryptor = self._cipher.decryptor()
        padded = decryptor.update(data) + decryptor.finalize()
        size = int.from_bytes(padded[-_LENGTH_BYTES:], "big")
        if size > len(padded):
            raise CipherError(CipherFault.BAD_LENGTH)
        return padded[:size]


def _decode_base64(text: bytes) -> bytes:
    """Decode as the original does: white space and ``=`` are skipped, a foreign character spoils all."""
    stripped = b"".join(text.split()).replace(b"=", b"")
    try:
        data = base64.b64decode(stripped + b"=" * (-len(stripped) % 4), validate=True)
    except binascii.Error:
        data = b""
    if not data:
        raise CipherError(CipherFault.NOT_BASE64)
    return data
