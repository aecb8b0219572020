"""What a server says of itself in etcd."""

import json
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hongyan.wire.commands import Node

LINK_ADDRESS: Final = {
    Node.LOGIN: "login_msg",
    Node.ROUTE: "route",
    Node.DB_PROXY: "db_proxy",
    Node.FILE: "file_msg",
    Node.PUSH: "push",
}
"""The address of each role that other servers link to, by its name in the ready file."""


class ServerRecord(BaseModel):
    """One server.

    Attributes:
        role: which of the servers it is.
        id: another for every start of a process.
        host_name: the machine's name, for people.
        addresses: ``host:port`` by the names of the ready file.
        load: numbers by name; what they mean depends on the role.
        public: the addresses that msg_server tells clients, empty where it names none.
        ws_url: what browsers are told instead of the address of the WebSocket; empty for that one.
        ws_is_encrypted: whether the WebSocket is.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    role: str
    id: Annotated[str, Field(min_length=1, max_length=200)]
    host_name: str = ""
    addresses: Mapping[str, str] = {}
    load: Mapping[str, float] = {}
    public: tuple[str, str] = ("", "")
    ws_url: str = ""
    ws_is_encrypted: bool = False

    @property
    def key(self) -> str:
        """The end of its key in etcd."""
        return f"{self.role}/{self.id}"

    def to_json(self) -> str:
        """Write the value of its key."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)

    def with_load(self, load: Mapping[str, float]) -> "ServerRecord":
        """Return the same server with another load."""
        return self.model_copy(update={"load": dict(load)})


def parse_record(value: str) -> ServerRecord | None:
    """Read the value of a key; None when it is not a record, which may be anybody's mistake."""
    try:
        return ServerRecord.model_validate_json(value)
    except ValidationError:
        return None
