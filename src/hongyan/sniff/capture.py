"""Frames from files: captures of tcpdump and Wireshark, and streams saved as they were."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from hongyan.errors import ConfigError
from hongyan.sniff.decode import Decoder
from hongyan.sniff.show import Direction, Origin, Printer
from hongyan.sniff.streams import Segment, Stream
from hongyan.sniff.tap import Tap

READ_BYTES: Final = 64 * 1024
LOOPBACK_HEADER_BYTES: Final = 4
DLT_NULL, DLT_EN10MB, DLT_RAW, DLT_LOOP = 0, 1, (12, 14, 101), 108
DLT_LINUX_SLL, DLT_LINUX_SLL2 = 113, 276

End = tuple[bytes, int]
"""Address and port."""


class Summary(NamedTuple):
    """What was in a capture."""

    streams: int
    frames: int


def read_stream(path: Path, decoder: Decoder, printer: Printer) -> None:
    """Show the frames of a file that holds one direction of a connection, byte for byte.

    Raises:
        ConfigError: the file cannot be read.
    """
    tap = Tap(Origin(1, Direction.UNKNOWN), decoder, printer)
    try:
        with path.open("rb") as file:
            while data := file.read(READ_BYTES):
                fault = tap.feed(data, None)
                if fault:
                    tap.note(fault, None)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error


def read_capture(path: Path, decoder: Decoder, printer: Printer, ports: frozenset[int]) -> Summary:
    """Show the frames of a pcap or pcapng file.

    Args:
        path: the file.
        decoder: what decodes.
        printer: what shows.
        ports: only connections to these; empty means all that carry frames.

    Raises:
        ConfigError: the file cannot be read, or dpkt is not installed.
    """
    flows = Flows(decoder, printer, ports)
    for segment in _segments(path):
        flows.take(segment)
    return flows.summary()


class Flows:
    """The connections of a capture, each with its two streams."""

    def __init__(self, decoder: Decoder, printer: Printer, ports: frozenset[int]) -> None:
        self._decoder = decoder
        self._printer = printer
        self._ports = ports
        self._streams: dict[tuple[End, End], Stream] = {}
        self._numbers: dict[tuple[End, End], int] = {}

    def take(self, segment: Segment) -> None:
        """Put one segment where it belongs."""
        if self._ports and not self._ports & {segment.source[1], segment.target[1]}:
            return
        key = (segment.source, segment.target)
        stream = self._streams.get(key)
        if stream is None or stream.is_over_before(segment):
            stream = self._streams[key] = self._open(segment)
        stream.take(segment)

    def summary(self) -> Summary:
        """Count what was seen."""
        taps = [stream.tap for stream in self._streams.values()]
        return Summary(len(taps), sum(tap.frames for tap in taps))

    def _open(self, segment: Segment) -> Stream:
        key, back = (segment.source, segment.target), (segment.target, segment.source)
        if segment.opens or key not in self._numbers:
            self._numbers[key] = self._numbers[back] = 1 + max(self._numbers.values(), default=0)
        direction = Direction.CLIENT if self._is_client(segment) else Direction.SERVER
        return Stream(Tap(Origin(self._numbers[key], direction), self._decoder, self._printer))

    def _is_client(self, segment: Segment) -> bool:
        """Who opened the connection; if that was not captured, the end with the higher port."""
        if segment.starts:
            return segment.opens
        if self._ports:
            return segment.target[1] in self._ports
        return segment.source[1] > segment.target[1]


def _segments(path: Path) -> Iterator[Segment]:
    dpkt = _import_dpkt()
    try:
        with path.open("rb") as file:
            reader = dpkt.pcap.UniversalReader(file)
            unwrap = _link_layer(dpkt, reader.datalink())
            for time, packet in reader:
                segment = _segment(dpkt, float(time), unwrap, packet)
                if segment is not None:
                    yield segment
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (ValueError, dpkt.Error) as error:
        raise ConfigError(
            f"{path}: no capture that can be read: {error}; for a saved stream use --raw"
        ) from error


def _import_dpkt() -> Any:
    try:
        import dpkt  # type: ignore[import-untyped] # noqa: PLC0415 - an extra that few need
    except ModuleNotFoundError as error:
        raise ConfigError("reading captures needs dpkt: pip install 'hongyan[sniff]'") from error
    return dpkt


def _link_layer(dpkt: Any, kind: int) -> Callable[[bytes], Any]:
    """Return what finds the IP packet in a captured one."""
    if kind in DLT_RAW:
        return lambda packet: (dpkt.ip6.IP6 if packet[0] >> 4 == 6 else dpkt.ip.IP)(packet)  # noqa: PLR2004
    if kind in (DLT_NULL, DLT_LOOP):
        return lambda packet: dpkt.loopback.Loopback(packet).data
    layers = {
        DLT_EN10MB: dpkt.ethernet.Ethernet,
        DLT_LINUX_SLL: dpkt.sll.SLL,
        DLT_LINUX_SLL2: dpkt.sll2.SLL2,
    }
    if kind not in layers:
        raise ConfigError(f"captures with link type {kind} are not supported")
    return lambda packet: layers[kind](packet).data


def _segment(dpkt: Any, time: float, unwrap: Callable[[bytes], Any], packet: bytes) -> Segment | None:
    try:
        ip = unwrap(packet)
    except dpkt.UnpackError:
        return None  # cut short, or something else that is not ours
    tcp = getattr(ip, "data", None)
    if not isinstance(tcp, dpkt.tcp.TCP):
        return None
    return Segment(
        time=time,
        source=(ip.src, tcp.sport),
        target=(ip.dst, tcp.dport),
        seq=tcp.seq,
        data=bytes(tcp.data),
        opens=bool(tcp.flags & dpkt.tcp.TH_SYN) and not tcp.flags & dpkt.tcp.TH_ACK,
        starts=bool(tcp.flags & dpkt.tcp.TH_SYN),
    )
