"""What a client can be told about times and bounds."""

from dataclasses import dataclass, field

from hongyan.client.models import DeviceKind, Presence
from hongyan.wire.cipher import DEFAULT_KEY


@dataclass(frozen=True, slots=True)
class Timing:
    """Times in seconds. The first two are those of the stock PC clients (spec/clients.md 1).

    Attributes:
        heartbeat_s: how often a heartbeat is sent.
        dead_after_s: silence after which the link counts as dead.
        connect_s: limit for the login server's answer, and for each TCP connect.
        login_s: limit for the answer to the login.
        request_s: limit for a request, reconnecting included.
        ack_s: how long to wait for an ack before the same message is sent again.
        send_s: limit for a send, repeats and reconnecting included.
        reconnect_first_s: the first wait before a reconnect; each failure doubles it.
        reconnect_longest_s: the longest wait.
        gap_s: how long a message may wait for an earlier one that is still on its way.
        transfer_patience_s: how long a file transfer may get no further before it is given up, the
            time included that the receiver takes to accept it.
    """

    heartbeat_s: float = 30.0
    dead_after_s: float = 60.0
    connect_s: float = 10.0
    login_s: float = 15.0
    request_s: float = 15.0
    ack_s: float = 8.0
    send_s: float = 60.0
    reconnect_first_s: float = 0.5
    reconnect_longest_s: float = 30.0
    gap_s: float = 0.3
    transfer_patience_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds, each with what happens beyond it.

    Attributes:
        max_frame_bytes: a longer frame ends the connection; whole user lists come in one frame.
        max_write_buffer_bytes: a server that leaves more unread counts as dead.
        max_in_flight: sends, and requests, under way at once; further calls wait for their turn.
        max_waiting_messages: messages that the application has not taken yet. Beyond it they stay
            on the server and are fetched from the history when there is room again.
        max_waiting_events: other events per subscription; beyond it the oldest are dropped.
    """

    max_frame_bytes: int = 16 * 1024 * 1024
    max_write_buffer_bytes: int = 4 * 1024 * 1024
    max_in_flight: int = 256
    max_waiting_messages: int = 1000
    max_waiting_events: int = 1000


@dataclass(frozen=True, slots=True)
class Options:
    """How a client presents itself, and its times and bounds.

    Attributes:
        device: the kind of device; the default is a PC, as most bots are.
        device_kind: a name of its own for the device, such as ``"bot"``: with a Hongyan server it
            neither ends a login of the user's PC or phone nor is ended by one.
        presence: shown to others after the login.
        client_version: free text for the server's logs.
        message_key: the key of the message cipher; every client of a suite has the same.
        replay_unread: hand over at the first login what is unread, as if it arrived now.
    """

    device: DeviceKind = DeviceKind.WINDOWS
    device_kind: str = ""
    presence: Presence = Presence.ONLINE
    client_version: str = "hongyan-sdk"
    message_key: str = DEFAULT_KEY
    replay_unread: bool = False
    timing: Timing = field(default_factory=Timing)
    limits: Limits = field(default_factory=Limits)
