"""The runtime directory: for the owner's eyes, and for one suite at a time."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from hongyan.errors import ConfigError
from hongyan.suite.supervision import folder as module
from hongyan.suite.supervision.folder import RuntimeFolder


async def test_files_are_readable_by_their_owner_only_and_go_at_the_end(tmp_path: Path):
    async with RuntimeFolder(tmp_path) as folder:
        file = folder.write("msg.toml", "secret")
        folder.write("msg.toml", "new")
        assert file.read_text() == "new"
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o777 == 0o700
    assert not file.exists()


async def test_a_second_suite_on_the_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "WAIT_FOR_OTHERS_S", 0.05)
    async with RuntimeFolder(tmp_path):
        with pytest.raises(ConfigError, match="another suite runs"):
            async with RuntimeFolder(tmp_path):
                pass


async def test_a_new_supervisor_waits_for_the_processes_of_one_that_is_gone(tmp_path: Path):
    async with RuntimeFolder(tmp_path) as folder:
        orphan = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=(folder.lock,))  # noqa: ASYNC220, S607

    async def next_suite() -> int | None:
        async with RuntimeFolder(tmp_path):
            return orphan.poll()

    waiting = asyncio.gather(next_suite())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert orphan.stdin is not None
    orphan.stdin.close()
    orphan.wait(30)
    assert await waiting == [0]
