"""What file_server keeps on disk: contiguous beginnings, whole files, and nothing outside its folder."""

import os
import resource
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hongyan.roles.file.folder import FileFolder, read_block, write_behind
from hongyan.roles.file.transfer import HEADER_BYTES, Transfer, is_task_id

BLOCK = os.urandom(100_000)


@pytest.fixture
def folder(tmp_path: Path) -> FileFolder:
    folder = FileFolder(tmp_path / "files")
    folder.open()
    return folder


def transfer(size: int = 300_000, *, is_online: bool = False) -> Transfer:
    return Transfer.make(str(uuid.uuid4()), 1, 2, size, is_online=is_online)


@contextmanager
def disk_takes_only(length: int) -> Iterator[None]:
    """Let no file grow beyond a length: the write that reaches it is short, the next one fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_write_that_the_disk_takes_in_part_leaves_the_file_as_it_was(folder: FileFolder) -> None:
    one = transfer()
    folder.create(one)
    descriptor = folder.open_part(one, 0)
    write_behind(descriptor, 0, [BLOCK])
    with disk_takes_only(HEADER_BYTES + 150_000), pytest.raises(OSError, match="large"):
        write_behind(descriptor, len(BLOCK), [BLOCK, BLOCK])
    assert os.fstat(descriptor).st_size == HEADER_BYTES + len(BLOCK)
    assert read_block(descriptor, 0, len(BLOCK)) == BLOCK
    write_behind(descriptor, len(BLOCK), [BLOCK, BLOCK])
    folder.finish(one, descriptor)
    os.close(descriptor)
    (kept,) = folder.scan()
    assert (kept.transfer, kept.received, kept.is_whole) == (one, one.size, True)


def test_what_is_found_after_a_restart(folder: FileFolder, tmp_path: Path) -> None:
    part, online = transfer(), transfer(is_online=True)
    for each in (part, online):
        folder.create(each)
    descriptor = folder.open_part(part, 0)
    write_behind(descriptor, 0, [BLOCK])
    os.close(descriptor)
    found = {kept.transfer.task_id: kept for kept in FileFolder(tmp_path / "files").scan()}
    assert found.keys() == {part.task_id, online.task_id}
    assert (found[part.task_id].received, found[part.task_id].is_whole) == (len(BLOCK), False)
    assert found[online.task_id].transfer.is_online


def test_a_transfer_that_passed_through_is_found_as_such(folder: FileFolder) -> None:
    done, removed = transfer(is_online=True), transfer(is_online=True)
    folder.create(done)
    for each in (done, done, removed):
        folder.mark_done(each)
    assert [(kept.transfer, kept.is_finished) for kept in folder.scan()] == [(done, True)]
    folder.remove(done.task_id)
    assert not list(folder.scan())


def test_a_file_that_an_original_keeps_is_found_and_one_that_is_cut_is_not(
    folder: FileFolder, tmp_path: Path
) -> None:
    whole, cut = transfer(5), transfer(5)
    for each, content in ((whole, b"12345"), (cut, b"123")):
        place = tmp_path / "files" / each.task_id[:2] / each.task_id
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(each.header() + content)
    (tmp_path / "files" / "ab").mkdir(exist_ok=True)
    (tmp_path / "files" / "ab" / "notes.txt").write_text("not ours")
    assert [kept.transfer for kept in folder.scan()] == [whole]
    descriptor = folder.open_whole(whole)
    assert read_block(descriptor, 1, 3) == b"234"
    with pytest.raises(OSError, match="0 of 9"):
        read_block(descriptor, 5, 9)
    os.close(descriptor)


@pytest.mark.parametrize(
    "text",
    ["", "..", "../../../etc/passwd", "/etc/passwd", "0" * 36, "A" * 8 + "-0000-0000-0000-" + "0" * 12, "\0"],
)
def test_only_ids_become_paths(folder: FileFolder, text: str) -> None:
    assert not is_task_id(text)
    with pytest.raises(ValueError, match="not the id"):
        folder.remove(text)


def test_the_tag_of_a_server_stays_and_a_damaged_one_is_made_anew(tmp_path: Path) -> None:
    tag = FileFolder(tmp_path).open()
    assert FileFolder(tmp_path).open() == tag
    (tmp_path / "server_tag").write_text("../x")
    assert is_task_id("00000000-0000-0000-0000-00000000" + FileFolder(tmp_path).open())
