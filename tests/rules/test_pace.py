"""Blocks grow on a fast way and shrink on a slow one, between two bounds."""

from hongyan.rules.pace import (
    FAST_S,
    FIRST_BLOCK_BYTES,
    LARGEST_BLOCK_BYTES,
    SHORTEST_BLOCK_BYTES,
    SLOW_S,
    next_block_bytes,
)


def after(count: int, took_s: float, size: int = FIRST_BLOCK_BYTES) -> int:
    for _ in range(count):
        size = next_block_bytes(size, took_s)
    return size


def test_a_fast_way_gets_the_longest_blocks_soon() -> None:
    assert after(1, FAST_S / 2) == 2 * FIRST_BLOCK_BYTES
    assert after(4, FAST_S / 2) == after(40, FAST_S / 2) == LARGEST_BLOCK_BYTES


def test_a_slow_way_gets_short_ones() -> None:
    assert after(1, SLOW_S + 1, LARGEST_BLOCK_BYTES) == LARGEST_BLOCK_BYTES // 2
    assert after(40, SLOW_S + 1) == SHORTEST_BLOCK_BYTES


def test_between_the_two_nothing_changes() -> None:
    assert after(9, (FAST_S + SLOW_S) / 2) == FIRST_BLOCK_BYTES
