"""``[db_proxy]``."""

from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, field_validator, model_validator

from hongyan.config.base import LOOPBACK, Hosts, Port, Section

RedisDb = Annotated[int, Field(ge=0, le=65535)]

_SQLITE: Final = "sqlite:///"


class RedisConfig(Section):
    """A Redis that original db_proxy_servers use too; both then number together and share counters."""

    url: Annotated[str, Field(pattern=r"^(rediss?://.+)?$")] = ""
    """``redis://host:6379``, or ``rediss://`` with TLS; empty means none."""
    unread_db: RedisDb = 1
    """The database of the pool ``unread``: counters and message numbers."""
    group_set_db: RedisDb = 2
    """The database of the pool ``group_set``: push settings of groups."""
    token_db: RedisDb = 4
    """The database of the pool ``token``: push tokens."""
    group_member_db: RedisDb = 5
    """The database of the pool ``group_member``: who belongs to which group."""


class DbProxyConfig(Section):
    """db_proxy_server: owns the database."""

    host: Hosts = LOOPBACK
    port: Port = 10600
    database: Annotated[str, Field(pattern=r"^(sqlite:///|mysql://|mariadb://|postgresql://).+")] = (
        "sqlite:///data/hongyan.db"
    )
    """``sqlite:///`` and a path, which is absolute when it begins with another slash; or the URL of a
    server: ``mysql://``, ``mariadb://`` or ``postgresql://``, then ``user:password@host:port/database``.
    Special characters in the password are written as in web addresses, ``/`` as ``%2F``."""
    database_readers: Annotated[int, Field(ge=1, le=100)] = 8
    """How many connections may read from a database server at the same time; one more writes."""
    replica: Annotated[str, Field(pattern=r"^((mysql|mariadb|postgresql)://.+)?$")] = ""
    """The URL of a server that keeps a copy of ``database`` by the engine's own replication. History and the
    lists of users and departments are read there, once it has what was committed before; while it is
    behind or away, they are read from ``database``. Empty means none."""
    fsync: bool = True
    """False trades the promise of an ack for speed; for experiments only. A database server has
    its own setting for this."""
    max_pending_messages: Annotated[int, Field(ge=1)] = 50_000
    max_pending_queries: Annotated[int, Field(ge=1)] = 10_000
    audio_dir: str = ""
    """Where voice messages are kept without msfs; empty means ``audio`` beside the database
    file, or in ``data``."""
    msfs_url: str = ""
    """The msfs that keeps voice messages, such as ``http://127.0.0.1:8700/``; empty means the one of the
    same process, and the folder ``audio_dir`` where there is none. What lies in the folder stays readable."""
    message_key: Annotated[str, Field(min_length=32, max_length=32)] = "12345678901234567890123456789012"
    """The clients' message key; used for the preview of voice messages only."""
    session_token_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """How long a browser stays signed in without being used."""
    replace_legacy_passwords: bool = True
    """Replace salted MD5 by argon2id at the next login. False while an original db_proxy is there too: then
    new passwords, too, are stored in its form."""

    redis: RedisConfig = RedisConfig()

    @model_validator(mode="after")
    def _shares_a_server(self) -> Self:
        if self.redis.url and self.database.startswith(_SQLITE):
            raise ValueError("redis.url needs a database server: originals cannot share an SQLite file")
        return self

    @model_validator(mode="after")
    def _is_a_copy(self) -> Self:
        if self.replica and _engine(self.replica) != _engine(self.database):
            raise ValueError("replica must be of the same engine as database, which is not SQLite")
        return self

    @field_validator("msfs_url")
    @classmethod
    def _ends_with_slash(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return url if not url or url.endswith("/") else url + "/"

    @property
    def data_folder(self) -> Path:
        """Where files lie that belong to the database: beside it when it is a file."""
        if self.database.startswith(_SQLITE):
            return Path(self.database.removeprefix(_SQLITE)).parent
        return Path("data")


def _engine(url: str) -> str:
    return url.partition(":")[0].replace("mariadb", "mysql")
