"""``[supervisor]``."""

from typing import Annotated

from pydantic import Field

from hongyan.config.base import Section


class SupervisorConfig(Section):
    """``hongyan up --processes``: keeps the servers running."""

    hung_after_s: Annotated[float, Field(ge=0, le=3600)] = 30.0
    """A server that does not answer for so long is killed and started again; 0 leaves it alone."""
