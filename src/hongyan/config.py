"""The one configuration model: a section per role, read from TOML, checked before anything starts."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from hongyan.errors import ConfigError

Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0)]
Hosts = Annotated[tuple[str, ...], Field(min_length=1)]
Address = Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$")]
"""host:port; an IPv6 host stands in brackets."""

LOOPBACK: Final = ("127.0.0.1",)
MIN_SECRET_CHARACTERS: Final = 16


class Section(BaseModel):
    """A table of the file; unknown keys are errors, so that a misspelt one is not lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ClusterConfig(Section):
    """How servers know each other."""

    secret: str = ""
    """What every server of the cluster knows; at least 16 characters. ``hongyan up`` makes its own."""
    trusted_peers: tuple[str, ...] = ()
    """Addresses of original servers, which cannot prove a secret."""


class LoginConfig(Section):
    """login_server: tells clients which msg_server to use."""

    host: Hosts = LOOPBACK
    http_port: Port = 8080
    client_port: Port = 8008
    msg_host: Hosts = LOOPBACK
    msg_port: Port = 8100
    msfs_url: str = "http://127.0.0.1:8700/"
    discovery_url: str = "http://127.0.0.1/api/discovery"
    idle_limit_s: Seconds = 60.0

    @field_validator("msfs_url")
    @classmethod
    def _ends_with_slash(cls, url: str) -> str:
        if not url.endswith("/"):
            raise ValueError("must end with a slash, because clients append to it")
        return url


class ClientLimits(Section):
    """What one client may do to msg_server."""

    login_wait_s: Seconds = 15.0
    idle_pc_s: Seconds = 120.0
    idle_mobile_s: Seconds = 300.0
    max_frame_bytes: Annotated[int, Field(ge=1024, le=64 * 1024 * 1024)] = 1024 * 1024
    max_text_bytes: Annotated[int, Field(ge=1, le=4096)] = 4096
    """The column of the message tables holds 4096 characters."""
    max_audio_bytes: Annotated[int, Field(ge=1, le=16 * 1024 * 1024)] = 512 * 1024
    messages_per_second: Annotated[int, Field(ge=0)] = 0
    """Messages a second and connection; 0 means no limit, the original has 20."""
    max_write_buffer_bytes: Annotated[int, Field(ge=64 * 1024)] = 16 * 1024 * 1024
    max_list_length: Annotated[int, Field(ge=1)] = 10_000
    """The longest list of ids in one request."""
    max_group_members: Annotated[int, Field(ge=1)] = 5_000
    max_history_page: Annotated[int, Field(ge=1)] = 1_000
    redeliver_after_s: Seconds = 15.0
    """A delivery that a client of ours did not acknowledge is sent again after this time."""


class MsgConfig(Section):
    """msg_server: holds the clients."""

    host: Hosts = LOOPBACK
    port: Port = 8000
    public_ip1: str = ""
    """The address told to clients; empty means the one that they reached login_server by."""
    public_ip2: str = ""
    max_connections: Annotated[int, Field(ge=1)] = 100_000
    db_proxies: tuple[Address, ...] = ("127.0.0.1:10600", "127.0.0.1:10600")
    """At least two entries (one may stand twice): the first half serves logins and history."""
    db_connections: Annotated[int, Field(ge=1, le=64)] = 2
    """Connections to each entry of ``db_proxies``."""
    login_servers: tuple[Address, ...] = ("127.0.0.1:8100",)
    route_servers: tuple[Address, ...] = ("127.0.0.1:8200",)
    registration: bool = False
    """Whether strangers may register themselves (0voice_im's 0x0110)."""
    limits: ClientLimits = ClientLimits()

    @model_validator(mode="after")
    def _defaults(self) -> Self:
        if len(self.db_proxies) == 1:
            raise ValueError("db_proxies needs at least two entries; the same address may stand twice")
        return self


class RouteConfig(Section):
    """route_server: knows who is where."""

    host: Hosts = LOOPBACK
    port: Port = 8200


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


class MetricsConfig(Section):
    """The Prometheus endpoint, ``/metrics``."""

    host: Hosts = LOOPBACK
    port: Port = 8790


class Config(Section):
    """Everything; a process reads the sections of the roles that it runs."""

    cluster: ClusterConfig = ClusterConfig()
    login: LoginConfig = LoginConfig()
    msg: MsgConfig = MsgConfig()
    route: RouteConfig = RouteConfig()
    db_proxy: DbProxyConfig = DbProxyConfig()
    metrics: MetricsConfig = MetricsConfig()


def load_config(path: Path) -> Config:
    """Read a TOML file.

    Raises:
        ConfigError: it cannot be read or used; one line says what, where and what is allowed.
    """
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{path}: {describe(error)}") from error


def override(config: Config, changes: Mapping[str, Mapping[str, object]]) -> Config:
    """Return ``config`` with some settings replaced, by section and key; checked like a file.

    Raises:
        ConfigError: the outcome cannot be used.
    """
    data = config.model_dump(exclude_unset=True)
    for section, settings in changes.items():
        data.setdefault(section, {}).update(settings)
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError(describe(error)) from error


def describe(error: ValidationError) -> str:
    """Put every fault into one line: its place and what is allowed there."""
    faults = []
    for fault in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in fault["loc"]) or "file"
        faults.append(f"{place}: {fault['msg']}")
    return "; ".join(faults)


def split_address(address: str) -> tuple[str, int]:
    """Split ``host:port``, which has been validated."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
