"""How long the blocks of a file are: short on a slow way, so that a cut loses little; else long."""

from typing import Final

FIRST_BLOCK_BYTES: Final = 64 * 1024
SHORTEST_BLOCK_BYTES: Final = 32 * 1024
LARGEST_BLOCK_BYTES: Final = 1024 * 1024
FAST_S: Final = 0.5
SLOW_S: Final = 5.0


def next_block_bytes(size: int, took_s: float) -> int:
    """Return how long the next block is to be.

    Args:
        size: of the block that has come, in bytes.
        took_s: how long that took since it was asked for, in seconds.
    """
    if took_s < FAST_S:
        return min(2 * size, LARGEST_BLOCK_BYTES)
    if took_s > SLOW_S:
        return max(size // 2, SHORTEST_BLOCK_BYTES)
    return size
