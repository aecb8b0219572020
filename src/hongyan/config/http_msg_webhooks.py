"""``[http_msg.webhooks]``: how webhooks are told of events."""

from typing import Annotated

from pydantic import Field

from hongyan.config.base import Network, Seconds, Section


class WebhooksConfig(Section):
    """How webhooks, which are registered by the API, are told of messages, logins and groups."""

    allow: tuple[Network, ...] = ()
    """Addresses and networks that are not public and may be told all the same, such as 10.0.0.0/8. Without
    any, nothing inside your network can be reached by registering a webhook."""
    timeout_s: Seconds = 10.0
    """How long a receiver may take to answer."""
    concurrency: Annotated[int, Field(ge=1, le=100)] = 1
    """Requests to one webhook at the same time; with 1 events arrive in order while none fails."""
    first_retry_s: Annotated[int, Field(ge=1, le=3600)] = 5
    """When what failed is tried again; each further wait is twice as long."""
    longest_retry_s: Annotated[int, Field(ge=1, le=86_400)] = 3600
    """The longest wait."""
    max_attempts: Annotated[int, Field(ge=1, le=100)] = 16
    """After so many failures an event becomes a dead letter; by default that takes about seven hours."""
    poll_s: Seconds = 0.5
    """How often the queue is looked at."""
    ca_file: str = ""
    """Who vouches for receivers with ``https``: certificates in PEM, instead of the usual authorities."""
