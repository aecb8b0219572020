"""Push tokens, offline files and recordings."""

import pytest

from hongyan.errors import RefusedError
from hongyan.store import audio, files, tokens, users
from hongyan.store.files import OfflineFile
from hongyan.store.tokens import ANDROID, IOS

from .writing import NOW, Writer


async def targets(writer: Writer, *who: int) -> list[tuple[int, str, str]]:
    found = await writer.database.read(tokens.push_targets, who)
    return [target[:3] for target in found]


async def test_a_token_is_stored_replaced_and_blanked(company: Writer) -> None:
    submit = company.journal.submit
    await submit(tokens.set_token, 1, IOS, "one")
    await submit(tokens.set_token, 10, ANDROID, "ten")
    await submit(tokens.set_token, 2, ANDROID, "two")
    everybody = (1, 2, 10)
    assert await targets(company, *everybody) == [
        (1, IOS, "one"),
        (10, ANDROID, "ten"),
        (2, ANDROID, "two"),
    ]
    await submit(tokens.set_token, 1, ANDROID, "other")
    await submit(tokens.set_token, 2, "", "")
    assert await targets(company, *everybody) == [(1, ANDROID, "other"), (10, ANDROID, "ten")]


async def test_a_phone_that_changed_hands_belongs_to_its_new_user(company: Writer) -> None:
    await company.journal.submit(tokens.set_token, 1, IOS, "phone")
    await company.journal.submit(tokens.set_token, 3, IOS, "phone")
    assert await targets(company, 1, 3) == [(3, IOS, "phone")]


async def test_a_target_says_whether_its_user_wants_quiet_nights(company: Writer) -> None:
    await company.journal.submit(tokens.set_token, 1, IOS, "phone")
    await company.journal.submit(users.set_push_shield, 1, 1, NOW)
    (target,) = await company.database.read(tokens.push_targets, [1])
    assert target.quiet_at_night


async def test_a_token_fits_its_column(company: Writer) -> None:
    with pytest.raises(RefusedError):
        await company.journal.submit(tokens.set_token, 1, IOS, "x" * 256)


async def test_files_wait_for_their_receiver_oldest_first(company: Writer) -> None:
    report, picture = OfflineFile(1, "task1", "报告.doc", 33000), OfflineFile(3, "task2", "p", 5)
    await company.journal.submit(files.add, 2, report, NOW)
    await company.journal.submit(files.add, 2, picture, NOW)
    assert await company.database.read(files.waiting, 2) == [report, picture]
    assert await company.database.read(files.waiting, 1) == []
    assert not await company.journal.submit(files.delete_file, 3, 2, "task1")
    assert await company.journal.submit(files.delete_file, 1, 2, "task1")
    assert await company.database.read(files.waiting, 2) == [picture]
    for bad in (picture._replace(name="x" * 501), picture._replace(task_id="x" * 101)):
        with pytest.raises(RefusedError):
            await company.journal.submit(files.add, 2, bad, NOW)


async def test_recordings_are_found_by_the_content_of_their_message(company: Writer) -> None:
    clip = audio.AudioClip("http://127.0.0.1:8700/g0/000/000/1.audio", 100, 7)
    audio_id = await company.journal.submit(audio.add, 1, 2, clip, NOW)
    assert await company.database.read(audio.clips, [audio_id, 99]) == {audio_id: clip}
    with pytest.raises(RefusedError):
        await company.journal.submit(audio.add, 1, 2, clip._replace(url="x" * 256), NOW)
