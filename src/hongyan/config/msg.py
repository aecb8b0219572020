"""``[msg]`` and ``[msg.limits]``."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from hongyan.config.base import LOOPBACK, Address, Hosts, Port, Seconds, Section


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
    websocket: bool = True
    """Whether clients may come by WebSocket too, as browsers do."""
    ws_port: Port = 8001
    """Where clients come by WebSocket."""
    ws_origins: tuple[Annotated[str, Field(pattern=r"^https?://[^/]+$")], ...] = ()
    """Pages that may open a WebSocket, such as ``https://chat.example.org``; empty lets all. Programs
    that are no browser send no origin and are let in."""
    ws_certificate: str = ""
    """A file with the certificate chain in PEM; with ``ws_key`` it makes the WebSocket an encrypted one."""
    ws_key: str = ""
    """The file with the key of ``ws_certificate``."""
    ws_url: Annotated[str, Field(pattern=r"^(wss?://[^\s/]+(/[^\s]*)?)?$")] = ""
    """The address told to browsers, such as ``wss://chat.example.org/ws`` behind a reverse proxy; empty
    means ``ws_port`` of the host by which they opened the web client."""
    ws_ping_s: Seconds = 30.0
    """A WebSocket that is silent for so long is pinged; its pong counts as life."""
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
    push_servers: tuple[Address, ...] = ()
    """The push_servers; one is used, the others are spares. Without any, no phone is pushed."""
    file_servers: tuple[Address, ...] = ()
    """The file_servers' ports for msg_servers; a new transfer takes any. Without any, files are refused."""
    push_preview_bytes: Annotated[int, Field(ge=0, le=1024)] = 37
    """How much of name and text a push shows; 0 says only that a message came. The original shows 37."""
    message_key: Annotated[str, Field(min_length=32, max_length=32)] = "12345678901234567890123456789012"
    """The clients' message key; used for the text of pushes only."""
    registration: bool = False
    """Whether strangers may register themselves (0voice_im's 0x0110)."""
    upload_token_life_s: Seconds = 86_400.0
    """How long the token is good that a client gets at login for uploads to msfs; it can ask for another."""
    limits: ClientLimits = ClientLimits()

    @model_validator(mode="after")
    def _defaults(self) -> Self:
        if len(self.db_proxies) == 1:
            raise ValueError("db_proxies needs at least two entries; the same address may stand twice")
        if bool(self.ws_certificate) != bool(self.ws_key):
            raise ValueError("ws_certificate and ws_key belong together")
        return self
