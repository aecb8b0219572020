"""The Redis that db_proxies share, original ones among them: its pools and what they hold.

Keys, types and databases are TeamTalk's (spec/storage.md, section 4). All that is here can be made
again from the database; a Redis that is wiped loses nobody's message.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from hongyan.errors import BackendError, ConfigError
from hongyan.store.redis_shared import POOLS, Command, Pool

_TIMEOUT_S: Final = 3.0
_CHUNK: Final = 2_000
"""Commands that are sent together, so that no answer has to wait for the last of millions."""


class RedisPools:
    """Connections to the databases of one Redis.

    Args:
        url: ``redis://`` or ``rediss://``, host and port, with a password if it has one.
        databases: the number of each pool's database; several may have the same.
    """

    def __init__(self, url: str, databases: dict[Pool, int]) -> None:
        try:
            self._clients: dict[Pool, Redis] = {
                pool: Redis.from_url(
                    url,
                    db=number,
                    socket_timeout=_TIMEOUT_S,
                    socket_connect_timeout=_TIMEOUT_S,
                    retry=Retry(NoBackoff(), 1),
                    decode_responses=True,
                )
                for pool, number in databases.items()
            }
        except ValueError as error:
            raise ConfigError("db_proxy.redis.url: not a URL such as redis://host:6379") from error

    async def close(self) -> None:
        """Let go of every connection."""
        for client in self._clients.values():
            await client.aclose()

    async def run(self, commands: Sequence[Command]) -> None:
        """Run commands, pool by pool, each pool's in their order.

        Raises:
            BackendError: Redis did not take them all.
        """
        for pool in POOLS:
            words = [command for where, command in commands if where == pool]
            for start in range(0, len(words), _CHUNK):
                await self.ask(pool, words[start : start + _CHUNK])

    async def ask(self, pool: Pool, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Run commands in one round trip and return their answers.

        Raises:
            BackendError: Redis does not answer, or refuses one of them.
        """
        async with _translated(), self._clients[pool].pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            answers: list[Any] = await pipeline.execute()
            return answers


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise BackendError(f"Redis failed ({type(error).__name__})") from error
