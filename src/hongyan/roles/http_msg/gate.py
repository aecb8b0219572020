"""Who asks: finds the holder of a key, and slows down whoever asks too much."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from hongyan.administration import keys
from hongyan.administration.calls import Administration
from hongyan.administration.keys import PREFIX, KeyHolder, KeyProof, digest_of
from hongyan.administration.table import Caller
from hongyan.errors import ErrorCode, RefusedError
from hongyan.rules.rate import Rates

KNOWN_FOR_S: Final = 2.0
"""How long a key is believed before db_proxy is asked again: so long a revoked one may go on."""
MAX_KNOWN: Final = 10_000
MAX_TOKEN_CHARS: Final = 128


class NoKeyError(RefusedError):
    """The request shows no key that is in use."""

    def __init__(self) -> None:
        super().__init__(
            ErrorCode.NOT_ALLOWED, "a key that is in use is needed: Authorization: Bearer hy_..."
        )


class OutOfScopeError(RefusedError):
    """The key does not allow this."""

    def __init__(self, text: str) -> None:
        super().__init__(ErrorCode.NOT_ALLOWED, text)


class Gate:
    """Lets in who shows a key.

    Args:
        administration: knows the keys.
        wrong_per_minute: how many wrong keys an address may try.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        administration: Administration,
        wrong_per_minute: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._administration = administration
        self._wrong_per_minute = wrong_per_minute
        self._clock = clock
        self._rates = Rates()
        self._known: OrderedDict[str, tuple[KeyHolder, float]] = OrderedDict()

    async def admit(self, token: str, address: str) -> KeyHolder:
        """Return whose key it is.

        Raises:
            NoKeyError: nobody's.
            RefusedError: too many requests, or the keys cannot be looked up.
        """
        holder = await self._holder(token, address)
        wait_s = self._rates.take(holder.id, holder.per_minute, self._clock())
        if wait_s:
            text = f"this key may ask {holder.per_minute} times a minute"
            raise RefusedError(ErrorCode.RATE_LIMITED, text, int(wait_s * 1000) + 1)
        return holder

    async def _holder(self, token: str, address: str) -> KeyHolder:
        digest = digest_of(token)
        holder, until = self._known.get(digest, (None, 0.0))
        if holder is not None and self._clock() < until:
            return holder
        self._check_address(address)
        if not token.startswith(PREFIX) or len(token) > MAX_TOKEN_CHARS:
            self._wrong(address)
        public_id = token.removeprefix(PREFIX).partition("_")[0][:16]
        proof = KeyProof(public_id=public_id, digest=digest)
        holder = await self._administration(keys.CHECK, proof, Caller("key", address))
        if not holder.id:
            self._wrong(address)
        self._remember(digest, holder)
        return holder

    def _check_address(self, address: str) -> None:
        left = self._rates.left(address, self._wrong_per_minute, self._clock())
        if left < 1:
            wait_ms = int((1 - left) * 60_000 / self._wrong_per_minute) + 1
            raise RefusedError(ErrorCode.RATE_LIMITED, "too many wrong keys from your address", wait_ms)

    def _wrong(self, address: str) -> None:
        self._rates.take(address, self._wrong_per_minute, self._clock())
        raise NoKeyError

    def _remember(self, digest: str, holder: KeyHolder) -> None:
        self._known[digest] = holder, self._clock() + KNOWN_FOR_S
        self._known.move_to_end(digest)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
