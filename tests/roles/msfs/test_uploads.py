"""Uploads: what clients send, what strangers try, what the disk does."""

import asyncio
import errno
import hashlib
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import pytest

from hongyan.cluster import tokens
from hongyan.roles.msfs import disk
from hongyan.roles.msfs.multipart import FormError, find_file
from hongyan.testing.runtime import SECRET

from .conftest import files_in, open_msfs, stored, upload

PART = (
    b'--B\r\nContent-Disposition: form-data; name="f"; filename="%s"\r\n'
    b"Content-Type: x/y\r\n\r\n%s\r\n--B--\r\n"
)
FORM = "multipart/form-data; boundary=B"


def drafts_in(folder: Path) -> list[Path]:
    return list(folder.rglob("*.draft"))


def form(name: bytes = b"a.png", content: bytes = b"data") -> bytes:
    return PART % (name, content)


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"", FORM, 2),
        (b"abc", FORM, 2),
        (b"--B\r\nContent-Disposition: form-data\r\n\r\n", FORM, 3),
        (form(b"a.png")[:60], FORM, 3),
        (form(), "multipart/form-data", 4),
        (form(), "multipart/form-data; boundary=Z", 5),
        (form().replace(b"Content-Type", b"X-Type"), FORM, 6),
        (form()[:95].replace(b"\r\n\r\n", b"\r\n"), FORM, 7),
        (form()[:-9], FORM, 8),
        (form(b"a." + b"e" * 16), FORM, 9),
        (form(b"noext"), FORM, 10),
        (form(b"a."), FORM, 10),
        (form(b"n" * 252 + b".png"), FORM, 11),
    ],
)
def test_each_broken_rule_has_the_original_code(body: bytes, content_type: str, code: int) -> None:
    with pytest.raises(FormError) as caught:
        find_file(body, content_type)
    assert caught.value.code == code


@pytest.mark.parametrize("content", [b"", b"\r\n", b"B--B", b"--B", b"\r\n--", bytes(range(256)) * 9])
def test_the_content_comes_out_as_it_went_in(content: bytes) -> None:
    body = form(content=content)
    part = find_file(body, FORM)
    assert body[part.start : part.end] == content


async def test_the_address_is_made_of_the_content_and_equal_files_are_one(tmp_path: Path) -> None:
    async with open_msfs(tmp_path) as http:
        first = await stored(http, b"same", "a_320x200.png")
        second = await stored(http, b"same", "b.jpg")
        digest = hashlib.sha256(b"same").hexdigest()
        assert first.endswith(f"/{digest}_320x200.png")
        assert second.endswith(f"/{digest}.jpg")
        assert (await http.get(first)).content == b"same"
    assert [path.name for path in files_in(tmp_path)] == [digest]


async def test_the_name_of_an_upload_never_becomes_a_path(tmp_path: Path) -> None:
    async with open_msfs(tmp_path / "files") as http:
        for name in ("../../evil.png", "/etc/x.png", "..%2f.png", "a.p/../ng", "a.\x01png", ".png"):
            body = form(name.encode("latin-1"))
            answer = await http.post("/", content=body, headers={"Content-Type": FORM})
            assert ".." not in answer.json()["path"]
    assert {path.parts[len(tmp_path.parts)] for path in files_in(tmp_path)} <= {"files"}


async def test_what_is_too_long_is_refused_whether_it_says_so_or_not(tmp_path: Path) -> None:
    async with open_msfs(tmp_path, max_file_bytes=1024) as http:
        told = await upload(http, b"x" * 200_000)
        assert (told.json()["error_code"], "path" in told.json()) == (1, False)

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield b"x" * 10_000

        silent = await http.post("/", content=endless(), headers={"Content-Type": FORM})
        assert silent.json()["error_code"] == 1
        assert (await upload(http, b"x" * 1025)).json()["error_code"] == 1
        assert (await upload(http, b"x" * 1024)).json()["error_code"] == 0


async def test_a_body_that_stops_arriving_is_given_up(tmp_path: Path) -> None:
    async with open_msfs(tmp_path, body_idle_s=0.1) as http:
        reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
        async with asyncio.timeout(20):
            answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 408")
    assert not drafts_in(tmp_path)


async def test_huge_headers_are_refused(tmp_path: Path) -> None:
    async with open_msfs(tmp_path) as http:
        reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
        writer.write(b"GET /g0/000/000/a.png HTTP/1.1\r\nX-Long: " + b"x" * 70_000)
        async with asyncio.timeout(20):
            assert (await reader.readline()).startswith(b"HTTP/1.1 400")
        writer.transport.abort()


async def test_only_the_allowed_endings_are_taken(tmp_path: Path) -> None:
    async with open_msfs(tmp_path, extensions=("png",)) as http:
        assert (await upload(http, b"x", "a.PNG")).json()["error_code"] == 0
        answer = await upload(http, b"x", "a.exe")
        assert (answer.status_code, answer.json()["error_code"]) == (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, 15)


async def test_with_tokens_only_who_has_one_may_upload(tmp_path: Path) -> None:
    soon = int(time.time()) + 60
    good = tokens.make_token(SECRET, tokens.UPLOAD, 7, soon)
    bad = {
        "of another cluster": tokens.make_token("another secret of 32 characters", tokens.UPLOAD, 7, soon),
        "for something else": tokens.make_token(SECRET, "login", 7, soon),
        "too old": tokens.make_token(SECRET, tokens.UPLOAD, 7, soon - 3600),
        "of another user": good.replace("7.", "8.", 1),
        "nonsense": "x" * 5000,
        "short": "7",
    }
    async with open_msfs(tmp_path, require_token=True) as http:
        assert (await upload(http, b"x")).status_code == HTTPStatus.UNAUTHORIZED
        for why, token in bad.items():
            answer = await upload(http, b"x", Authorization=f"Bearer {token}")
            assert (answer.status_code, answer.json()["error_code"]) == (HTTPStatus.UNAUTHORIZED, 13), why
        assert (await upload(http, b"x", Authorization=f"Bearer {good}")).json()["error_code"] == 0
        create = await http.post("/tus/", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "1"})
        assert create.status_code == HTTPStatus.UNAUTHORIZED


async def test_original_servers_upload_without_a_token_by_their_address(tmp_path: Path) -> None:
    async with open_msfs(tmp_path, trusted=frozenset({"127.0.0.1"}), require_token=True) as http:
        assert (await upload(http, b"x")).json()["error_code"] == 0


async def test_a_full_disk_is_answered_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with open_msfs(tmp_path) as http:
        monkeypatch.setattr(disk, "sync_folder", full)
        answer = await upload(http, b"x")
        assert (answer.status_code, answer.json()["error_code"]) == (HTTPStatus.INSUFFICIENT_STORAGE, 12)
    assert not drafts_in(tmp_path)


async def test_no_upload_begins_when_the_disk_is_nearly_full(tmp_path: Path) -> None:
    async with open_msfs(tmp_path, min_free_bytes=1 << 60) as http:
        answer = await upload(http, b"x")
        assert (answer.status_code, answer.json()["error_code"]) == (HTTPStatus.INSUFFICIENT_STORAGE, 12)


async def test_more_uploads_at_once_than_allowed_are_told_to_come_back(tmp_path: Path) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"--B"
        entered.set()
        await leave.wait()

    async with open_msfs(tmp_path, max_uploads=1) as http, asyncio.timeout(20):
        first = asyncio.get_running_loop().create_task(http.post("/", content=slow()))
        await entered.wait()
        while (answer := await upload(http, b"x")).json()["error_code"] == 0:
            pass  # the first has not reached the server yet
        assert (answer.status_code, answer.json()["error_code"]) == (HTTPStatus.SERVICE_UNAVAILABLE, 14)
        leave.set()
        assert (await first).json()["error_code"] == 2
