"""Listens to one direction of one connection: bytes in, lines out, and never in the way."""

from typing import Final

from hongyan.sniff.decode import Decoder
from hongyan.sniff.show import Origin, Printer
from hongyan.wire.frame import Framer

MAX_FRAME_BYTES: Final = 64 * 1024 * 1024
"""More than any server takes: the point is to see what they refuse."""


class Tap:
    """Cuts a stream into frames and shows them, as long as it is frames.

    Attributes:
        is_broken: the stream is no sequence of frames from some point on.
    """

    def __init__(self, origin: Origin, decoder: Decoder, printer: Printer) -> None:
        self._origin = origin
        self._decoder = decoder
        self._printer = printer
        self._framer = Framer(MAX_FRAME_BYTES)
        self.frames = 0
        self.is_broken = False

    def feed(self, data: bytes, time: float | None) -> str:
        """Take bytes; returns why they are no frames, once, and otherwise an empty text."""
        if self.is_broken:
            return ""
        for frame in self._framer.feed(data):
            self.frames += 1
            self._printer.frame(time, self._origin, self._decoder.decode(frame.raw))
        if self._framer.fault is None:
            return ""
        self.is_broken = True
        return f"no frame: {self._framer.fault}; what follows is not decoded"

    def note(self, text: str, time: float | None) -> None:
        """Show something about this direction."""
        self._printer.note(time, self._origin, text)
