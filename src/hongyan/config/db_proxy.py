"""``[db_proxy]``."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from hongyan.config.base import LOOPBACK, Hosts, Port, Section

_SQLITE: Final = "sqlite:///"


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
    fsync: bool = True
    """False trades the promise of an ack for speed; for experiments only. A database server has
    its own setting for this."""
    max_pending_messages: Annotated[int, Field(ge=1)] = 50_000
    max_pending_queries: Annotated[int, Field(ge=1)] = 10_000
    audio_dir: str = ""
    """Where voice messages are kept; empty means ``audio`` beside the database file, or in ``data``."""
    message_key: Annotated[str, Field(min_length=32, max_length=32)] = "12345678901234567890123456789012"
    """The clients' message key; used for the preview of voice messages only."""
    replace_legacy_passwords: bool = True
    """Replace salted MD5 by argon2id at the next login; off while an original db_proxy is there too."""

    @property
    def data_folder(self) -> Path:
        """Where files lie that belong to the database: beside it when it is a file."""
        if self.database.startswith(_SQLITE):
            return Path(self.database.removeprefix(_SQLITE)).parent
        return Path("data")
