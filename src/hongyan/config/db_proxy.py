"""``[db_proxy]``."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from hongyan.config.base import LOOPBACK, Hosts, Port, Section


class DbProxyConfig(Section):
    """db_proxy_server: owns the database."""

    host: Hosts = LOOPBACK
    port: Port = 10600
    database: Annotated[str, Field(pattern=r"^sqlite:///.+")] = "sqlite:///data/hongyan.db"
    """A URL: ``sqlite:///`` and a path, which is absolute when it begins with another slash."""
    fsync: bool = True
    """False trades the promise of an ack for speed; for experiments only."""
    max_pending_messages: Annotated[int, Field(ge=1)] = 50_000
    max_pending_queries: Annotated[int, Field(ge=1)] = 10_000
    audio_dir: str = ""
    """Where voice messages are kept; empty means ``audio`` beside the database."""
    message_key: Annotated[str, Field(min_length=32, max_length=32)] = "12345678901234567890123456789012"
    """The clients' message key; used for the preview of voice messages only."""
    replace_legacy_passwords: bool = True
    """Replace salted MD5 by argon2id at the next login; off while an original db_proxy is there too."""

    @property
    def database_path(self) -> Path:
        """The file of the embedded database."""
        return Path(self.database.removeprefix("sqlite:///"))
