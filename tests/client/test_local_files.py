"""What a transfer reads and writes on this machine."""

import asyncio
import errno
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.client.transfers.local import Sink, Source, free_path, part_path
from hongyan.client.transfers.offer import safe_name
from hongyan.client.transfers.patience import opened

TASK = "6d4e4a7e-0f3c-4a52-9b06-1f6a4b7a9c1e"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("报告 2026.docx", "报告 2026.docx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\evil.exe", "evil.exe"),
        ("..", "file"),
        ("", "file"),
        ("/", "file"),
        (".bashrc", "bashrc"),
        ("a\0b\nc.txt", "abc.txt"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("what?|<>.txt", "what____.txt"),
        ("x" * 500 + ".tar.gz", "x" * 197 + ".gz"),
        ("字" * 100, "字" * 66),
    ],
)
def test_a_name_leads_nowhere_and_misleads_nobody(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@settings(max_examples=50)
@given(st.text(max_size=600))
def test_any_name_becomes_one_that_a_folder_can_hold(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe.encode()) <= 255
    assert not set(safe) & set("/\\\0")
    assert not safe.startswith(".")


def test_a_taken_name_gets_a_number(tmp_path: Path) -> None:
    assert free_path(tmp_path, "a.txt") == tmp_path / "a.txt"
    (tmp_path / "a.txt").touch()
    (tmp_path / "a (2).txt").touch()
    assert free_path(tmp_path, "a.txt") == tmp_path / "a (3).txt"


def test_the_part_of_a_file_stands_beside_it_whatever_the_transfer_is_called(tmp_path: Path) -> None:
    part = part_path(tmp_path / "target", "../../../" + "x" * 1000 + "\0")
    assert part.parent == tmp_path
    assert part != part_path(tmp_path / "target", TASK)


def test_what_was_received_is_taken_up_again(tmp_path: Path) -> None:
    target = tmp_path / "target"
    sink = Sink(target, TASK, 6)
    sink.write(b"abc")
    sink.close()
    sink.close()  # once more does no harm
    assert not target.exists()
    sink = Sink(target, TASK, 6)
    assert sink.received == 3
    sink.write(b"def")
    assert sink.finish() == target
    sink.close()
    assert target.read_bytes() == b"abcdef"
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(FileExistsError):
        Sink(target, TASK, 6)
    with pytest.raises(OSError, match="closed"):
        sink.write(b"x")


def test_a_part_that_cannot_be_of_this_file_is_begun_anew(tmp_path: Path) -> None:
    part_path(tmp_path / "target", TASK).write_bytes(b"too long")
    sink = Sink(tmp_path / "target", TASK, 3)
    assert sink.received == 0
    sink.close()


def test_one_transfer_is_received_once_at_a_time(tmp_path: Path) -> None:
    sink = Sink(tmp_path / "target", TASK, 3)
    with pytest.raises(BlockingIOError):
        Sink(tmp_path / "target", TASK, 3)
    sink.close()


def test_a_full_disk_leaves_the_beginning_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = Sink(tmp_path / "target", TASK, 100)
    sink.write(b"abc")
    pwrite, room = os.pwrite, [4]

    def little_room(descriptor: int, data: Any, offset: int) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "no space left")
        written = pwrite(descriptor, data[: room[0]], offset)
        room[0] -= written
        return written

    monkeypatch.setattr(os, "pwrite", little_room)
    with pytest.raises(OSError, match="no space"):
        sink.write(b"0123456789")
    assert sink.received == 3
    room[0] = 50
    sink.write(b"def")  # in several short writes
    sink.close()
    assert part_path(tmp_path / "target", TASK).read_bytes() == b"abcdef"


def test_a_source_that_changes_is_not_sent_on(tmp_path: Path) -> None:
    path = tmp_path / "source"
    path.write_bytes(b"0123456789")
    source = Source(path, 10)
    assert (source.read(8, 100), source.read(10, 5), source.read(99, 5)) == (b"89", b"", b"")
    path.write_bytes(b"0123")
    with pytest.raises(OSError, match="has 4 bytes, but 10"):
        source.read(3, 5)
    source.close()
    with pytest.raises(OSError, match="has 4 bytes, but 10"):
        Source(path, 10)
    with pytest.raises(FileNotFoundError):
        Source(tmp_path / "missing", 1)


async def test_what_is_opened_while_the_opener_is_cancelled_is_closed() -> None:
    begun, go_on, closed = asyncio.Event(), threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    class Resource:
        def __init__(self) -> None:
            loop.call_soon_threadsafe(begun.set)
            go_on.wait(10)

        def close(self) -> None:
            loop.call_soon_threadsafe(closed.set)

    async def open_it() -> None:
        async with opened(Resource):
            raise AssertionError("it was cancelled before")

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        opening = tasks.create_task(open_it())
        await begun.wait()
        opening.cancel()
        await asyncio.wait([opening])
        go_on.set()
        await closed.wait()
    assert opening.cancelled()
