"""What the API works with, whether it has been loaded or not."""

from dataclasses import dataclass

from hongyan.roles.http_msg.gate import Gate
from hongyan.roles.http_msg.links import Links
from hongyan.roles.http_msg.sending import Sender


@dataclass(frozen=True, slots=True)
class Services:
    """What the API works with."""

    links: Links
    gate: Gate
    sender: Sender
