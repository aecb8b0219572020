"""The bounds of file_server: sizes, numbers, room, age."""

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hongyan.config import FileConfig
from hongyan.errors import ErrorCode, RefusedError
from hongyan.roles.file.folder import FileFolder
from hongyan.roles.file.shelf import FINISHED_S, Shelf
from hongyan.roles.file.transfer import Transfer

HOUR_S = 3600


def transfer(size: int = 10, sender: int = 1, *, is_online: bool = False) -> Transfer:
    return Transfer.make(str(uuid.uuid4()), sender, 2, size, is_online=is_online)


@pytest.fixture
def shelf_with(tmp_path: Path) -> Iterator[Callable[..., Shelf]]:
    made: list[Shelf] = []

    def make(**settings: object) -> Shelf:
        settings = {"min_free_bytes": 0, **settings}
        made.append(Shelf(FileFolder(tmp_path / "files"), FileConfig.model_validate(settings)))
        return made[-1]

    yield make
    for shelf in made:
        shelf.close()


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"max_file_bytes": 9}, ErrorCode.TOO_LARGE),
        ({"max_tasks": 1}, ErrorCode.BUSY),
        ({"max_tasks_per_user": 1}, ErrorCode.BUSY),
        ({"max_stored_bytes": 15}, ErrorCode.BUSY),
        ({"min_free_bytes": 2**62}, ErrorCode.UNAVAILABLE),
    ],
)
async def test_what_goes_beyond_a_bound_is_refused_and_leaves_nothing(
    shelf_with: Callable[..., Shelf], settings: dict[str, int], code: ErrorCode
) -> None:
    shelf = shelf_with(**settings)
    await shelf.open()
    if code is ErrorCode.BUSY:
        await shelf.begin(transfer())
    before = len(shelf), shelf.stored_bytes
    with pytest.raises(RefusedError) as refusal:
        await shelf.begin(transfer())
    assert refusal.value.code is code
    assert (len(shelf), shelf.stored_bytes) == before
    assert len(list(shelf.folder.scan())) == len(shelf)


async def test_room_that_is_free_again_can_be_used(shelf_with: Callable[..., Shelf]) -> None:
    shelf = shelf_with(max_stored_bytes=10, max_tasks_per_user=1)
    await shelf.open()
    entry = await shelf.begin(transfer())
    await shelf.forget(entry)
    assert await shelf.begin(transfer()) is not None
    assert await shelf.begin(transfer(sender=3, is_online=True)) is not None


async def test_what_is_old_goes_unless_somebody_is_busy_with_it(shelf_with: Callable[..., Shelf]) -> None:
    shelf = shelf_with(keep_days=2, keep_unfinished_hours=1)
    await shelf.open()
    unfinished, whole, fetched = [await shelf.begin(transfer()) for _ in range(3)]
    whole.is_whole = fetched.is_whole = True
    fetched.readers = 1
    now = time.time()
    assert await shelf.sweep(now + 2 * HOUR_S) == 1
    assert shelf.find(unfinished.transfer.task_id) is None
    assert await shelf.sweep(now + 49 * HOUR_S) == 1
    assert shelf.find(whole.transfer.task_id) is None
    assert shelf.find(fetched.transfer.task_id) is fetched
    assert len(list(shelf.folder.scan())) == 1


async def test_a_restart_remembers_everything(shelf_with: Callable[..., Shelf]) -> None:
    before = shelf_with()
    await before.open()
    entries = [await before.begin(transfer(sender=sender)) for sender in (1, 1, 3)]
    after = shelf_with(max_tasks_per_user=2)
    await after.open()
    assert (len(after), after.stored_bytes, after.tag) == (3, 30, before.tag)
    assert all(after.find(entry.transfer.task_id) is not None for entry in entries)
    with pytest.raises(RefusedError):
        await after.begin(transfer(sender=1))


async def test_what_passed_through_is_remembered_over_a_restart_for_a_while(
    shelf_with: Callable[..., Shelf],
) -> None:
    before = shelf_with()
    await before.open()
    entry = await before.begin(transfer(is_online=True))
    entry.is_finished = True
    await before.forget(entry)
    after = shelf_with()
    await after.open()
    task_id, now = entry.transfer.task_id, time.time()
    found = after.find(task_id)
    assert found is not None
    assert found.is_finished
    assert (len(after), await after.sweep(now)) == (0, 0)
    assert len(list(after.folder.scan())) == 1
    await after.sweep(now + FINISHED_S + 1)
    assert after.find(task_id) is None
    assert not list(after.folder.scan())


async def test_no_more_than_so_many_that_passed_through_are_remembered(
    shelf_with: Callable[..., Shelf], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hongyan.roles.file.shelf.MOST_FINISHED", 2)
    shelf = shelf_with()
    await shelf.open()
    entries = [await shelf.begin(transfer(is_online=True)) for _ in range(3)]
    for entry in entries:
        entry.is_finished, entry.touched = True, time.time()
        await shelf.forget(entry)
    assert [shelf.find(entry.transfer.task_id) for entry in entries] == [None, *entries[1:]]
    assert len(list(shelf.folder.scan())) == 2
