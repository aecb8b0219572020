"""What the sections of the configuration are made of: their base class and the types of their settings."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0)]
Hosts = Annotated[tuple[str, ...], Field(min_length=1)]
Address = Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$")]
"""host:port; an IPv6 host stands in brackets."""

LOOPBACK: Final = ("127.0.0.1",)


class Section(BaseModel):
    """A table of the file; unknown keys are errors, so that a misspelt one is not lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def split_address(address: str) -> tuple[str, int]:
    """Split ``host:port``, which has been validated."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
