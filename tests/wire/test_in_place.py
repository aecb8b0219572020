"""Frames that are read into their own memory are those that a Framer cuts out."""

from hypothesis import given
from hypothesis import strategies as st

from hongyan.wire.frame import HEADER, HEADER_BYTES, Frame, Framer
from hongyan.wire.in_place import LARGE_FRAME_BYTES, SCRATCH_BYTES, InPlaceFramer

LIMIT = 4 * LARGE_FRAME_BYTES
bodies = st.integers(0, 40) | st.integers(LARGE_FRAME_BYTES - 20, LARGE_FRAME_BYTES + 2000)


def frame_bytes(size: int, seq: int) -> bytes:
    body = (bytes(range(251)) * (size // 251 + 1))[:size]
    return HEADER.pack(HEADER_BYTES + size, 1, 0, 5, 0x0505, seq, 0) + body


def fed(framer: InPlaceFramer, stream: bytes, steps: list[int]) -> list[Frame]:
    """Read a stream as a socket would give it, so many bytes at a time."""
    frames: list[Frame] = []
    position, turn = 0, 0
    while position < len(stream):
        room = framer.room()
        count = min(steps[turn % len(steps)], len(room), len(stream) - position)
        room[:count] = stream[position : position + count]
        frames += framer.filled(count)
        position, turn = position + count, turn + 1
    return frames


@given(
    st.lists(bodies, max_size=6),
    st.lists(st.integers(1, 50) | st.integers(1000, 2 * LARGE_FRAME_BYTES), min_size=1, max_size=5),
)
def test_the_same_frames_however_the_bytes_come(sizes: list[int], steps: list[int]) -> None:
    if max(steps) < 1000:
        steps = [*steps, 20_000]
    stream = b"".join(frame_bytes(size, seq) for seq, size in enumerate(sizes))
    found = fed(InPlaceFramer(LIMIT), stream, steps)
    expected = Framer(LIMIT).feed(stream)
    assert [(f.command_id, f.seq, f.raw) for f in found] == [(f.command_id, f.seq, f.raw) for f in expected]


def test_a_large_frame_gets_exactly_its_own_memory_once_it_is_announced() -> None:
    framer = InPlaceFramer(LIMIT)
    assert len(framer.room()) == SCRATCH_BYTES
    stream = frame_bytes(LIMIT - HEADER_BYTES, 1)
    assert fed(framer, stream[: HEADER_BYTES - 1], [5]) == []
    assert len(framer.room()) == SCRATCH_BYTES
    assert fed(framer, stream[HEADER_BYTES - 1 : 100], [100]) == []
    assert len(framer.room()) == LIMIT - 100
    (frame,) = fed(framer, stream[100:], [LIMIT])
    assert frame.raw == stream
    assert len(framer.room()) == SCRATCH_BYTES


def test_nothing_is_reserved_for_what_is_too_long_or_too_short() -> None:
    for length in (0, HEADER_BYTES - 1, LIMIT + 1, 2**32 - 1):
        framer = InPlaceFramer(LIMIT)
        header = HEADER.pack(length, 1, 0, 5, 0x0505, 0, 0)
        assert fed(framer, header, [len(header)]) == []
        assert framer.fault is not None
        assert len(framer.room()) == SCRATCH_BYTES
        assert fed(framer, frame_bytes(3, 1), [100]) == []
