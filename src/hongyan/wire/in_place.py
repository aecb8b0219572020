"""Large frames, read where they stay: the socket fills a frame's own memory."""

from typing import Final

from hongyan.wire.commands import Command
from hongyan.wire.frame import DEFAULT_MAX_FRAME_BYTES, HEADER, HEADER_BYTES, Frame, Framer, InboundFrame, M

SCRATCH_BYTES: Final = 16 * 1024
"""What is read at a time as long as no large frame is under way."""
LARGE_FRAME_BYTES: Final = 2 * SCRATCH_BYTES
"""Longer frames get memory of their own as soon as their header is here."""


class LargeFrame(InboundFrame):
    """A frame that was read into memory of its own; ``raw`` would copy it."""

    __slots__ = ("_memory",)

    def __init__(self, memory: bytearray) -> None:
        _, _, _, _, command_id, seq, _ = HEADER.unpack_from(memory)
        super().__init__(b"", command_id, seq)
        self._memory = memory

    @property
    def view(self) -> memoryview:
        """The memory itself."""
        return memoryview(self._memory)

    @property
    def raw(self) -> bytes:
        """The bytes as they were received; copied at the first call."""
        if not self._raw:
            self._raw = bytes(self._memory)
        return self._raw

    def decode(self, command: Command[M]) -> M:
        """Parse the body, once."""
        self._raw = self.raw
        return super().decode(command)


class InPlaceFramer(Framer):
    """A framer that says into what the next bytes are to be read: ``room``, then ``filled``, in turns.

    A peer can have one frame's memory reserved with a header alone: keep ``max_frame_bytes`` small
    until it is known who it is.
    """

    __slots__ = ("_filled", "_large", "_scratch")

    def __init__(self, max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES) -> None:
        super().__init__(max_frame_bytes)
        self._scratch = memoryview(bytearray(SCRATCH_BYTES))
        self._large: bytearray | None = None
        self._filled = 0

    def room(self) -> memoryview:
        """Return where the next bytes are to be put; never empty."""
        if self._large is None:
            return self._scratch
        return memoryview(self._large)[self._filled :]

    def filled(self, count: int) -> list[Frame]:
        """Take note that so many bytes were put there, and return the frames that are complete now."""
        large = self._large
        if large is None:
            frames = self.feed(bytes(self._scratch[:count]))
            self._begin_large()
            return frames
        self._filled += count
        if self._filled < len(large):
            return []
        self._large = None
        return [LargeFrame(large)]

    def _begin_large(self) -> None:
        """Give a large frame whose beginning has arrived memory of its own."""
        rest = self._rest
        if rest is None or len(rest) < HEADER_BYTES:
            return
        length: int = HEADER.unpack_from(rest)[0]  # `feed` has found it sane
        if length > LARGE_FRAME_BYTES:
            self._large, self._filled, self._rest = bytearray(length), len(rest), None
            self._large[: self._filled] = rest
