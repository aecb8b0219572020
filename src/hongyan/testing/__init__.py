"""For tests, also of those who build on Hongyan: fake clock, memory network, recording peers, transcripts.

Nothing here needs a test framework. With pytest-asyncio, let the loop factories hook return
:class:`FakeClockLoop`; without it, ``asyncio.Runner(loop_factory=FakeClockLoop)`` does.
"""

from hongyan.testing.clock import FakeClockLoop
from hongyan.testing.network import MemoryNetwork, MemoryReactor
from hongyan.testing.peers import Header, RecordingClient, RecordingRole
from hongyan.testing.runtime import open_runtime
from hongyan.testing.transcripts import (
    Case,
    Event,
    Head,
    Http,
    Note,
    Pdu,
    Transcript,
    read_cases,
    read_transcript,
)
from hongyan.testing.transport import MemoryTransport, connect_memory

__all__ = [
    "Case",
    "Event",
    "FakeClockLoop",
    "Head",
    "Header",
    "Http",
    "MemoryNetwork",
    "MemoryReactor",
    "MemoryTransport",
    "Note",
    "Pdu",
    "RecordingClient",
    "RecordingRole",
    "Transcript",
    "connect_memory",
    "open_runtime",
    "read_cases",
    "read_transcript",
]
