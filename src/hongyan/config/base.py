"""What the sections of the configuration are made of: their base class and the types of their settings."""

import re
from ipaddress import ip_network
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MAX_PORT: Final = 65535
LOOPBACK: Final = ("127.0.0.1",)

_ADDRESS: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\s\[\]]+):(\d{1,5})")


class Section(BaseModel):
    """A table of the file; unknown keys are errors, so that a misspelt one is not lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _check_address(text: str) -> str:
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match[2]) > MAX_PORT:
        raise ValueError("must be host:port; an IPv6 host stands in brackets")
    return text


def _check_network(text: str) -> str:
    ip_network(text)
    return text


Port = Annotated[int, Field(ge=0, le=MAX_PORT)]
Seconds = Annotated[float, Field(gt=0)]
Hosts = Annotated[tuple[str, ...], Field(min_length=1)]
Address = Annotated[str, AfterValidator(_check_address)]
"""host:port; an IPv6 host stands in brackets."""
Network = Annotated[str, AfterValidator(_check_network)]
"""An address or a network, such as 10.0.0.0/8."""


def split_address(address: str) -> tuple[str, int]:
    """Split ``host:port``, which has been validated."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
