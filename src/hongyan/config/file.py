"""``[file]``."""

from typing import Annotated, Final

from pydantic import Field

from hongyan.config.base import LOOPBACK, Address, Hosts, Port, Section

MIB: Final = 1024 * 1024
GIB: Final = 1024 * MIB
LARGEST_FILE_BYTES: Final = 2**32 - 1
"""The protocol has sizes as 32-bit numbers."""

Count = Annotated[int, Field(ge=1)]


class FileConfig(Section):
    """file_server: passes files from one client to another, or keeps them until they are fetched."""

    host: Hosts = LOOPBACK
    """Addresses to listen on for clients. ``hongyan up --host`` sets it."""
    port: Port = 8600
    """Clients send and fetch files here."""
    msg_host: Hosts = LOOPBACK
    """Addresses to listen on for msg_servers."""
    msg_port: Port = 8601
    """msg_servers ask for transfers here."""
    public_addresses: tuple[Address, ...] = ()
    """What clients are told; empty tells ``host`` and ``port``. The host 0.0.0.0 means the one by which a
    client reached its msg_server."""
    directory: str = "data/files"
    """Where files are kept; an original's ``offline_file`` may be used."""
    require_token: bool = False
    """Whether a client must show the token of its transfer, which stock clients do not know; without it,
    the id of the transfer, which cannot be guessed, and the user's own id are enough."""
    max_file_bytes: Annotated[int, Field(ge=1, le=LARGEST_FILE_BYTES)] = LARGEST_FILE_BYTES
    """The longest file."""
    max_stored_bytes: Annotated[int, Field(ge=1)] = 100 * GIB
    """All kept files together, those counted whole that are still on their way; more are refused."""
    max_tasks: Count = 100_000
    """Files kept and transfers under way; more are refused."""
    max_tasks_per_user: Count = 1000
    """How many of them one sender may have."""
    min_free_bytes: Annotated[int, Field(ge=0)] = 256 * MIB
    """Files are refused while the disk would have less room than this."""
    keep_days: Annotated[float, Field(gt=0)] = 30.0
    """How long a file waits to be fetched."""
    keep_unfinished_hours: Annotated[float, Field(gt=0)] = 24.0
    """How long a transfer that broke off can be taken up again."""
    max_connections: Count = 10_000
    """Clients at the same time; more are closed at once."""
