"""Resumable uploads."""

import base64
import os
import time
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from .conftest import files_in, open_msfs

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = TUS | {"Content-Type": "application/offset+octet-stream"}


def metadata(name: str) -> str:
    return f"filename {base64.b64encode(name.encode()).decode()},type aW1hZ2U="


async def create(http: httpx.AsyncClient, length: int, name: str = "a.png") -> httpx.Response:
    headers = TUS | {"Upload-Length": str(length), "Upload-Metadata": metadata(name)}
    return await http.post("/tus/", headers=headers)


async def send(http: httpx.AsyncClient, url: str, offset: int, data: bytes) -> httpx.Response:
    return await http.patch(url, content=data, headers=PIECE | {"Upload-Offset": str(offset)})


async def test_an_upload_goes_on_after_a_restart_where_it_was(tmp_path: Path) -> None:
    content = os.urandom(600_000)
    async with open_msfs(tmp_path) as http:
        created = await create(http, len(content))
        assert created.status_code == HTTPStatus.CREATED
        where = httpx.URL(created.headers["location"]).path
        answer = await send(http, where, 0, content[:400_000])
        assert (answer.status_code, answer.headers["upload-offset"]) == (HTTPStatus.NO_CONTENT, "400000")
    async with open_msfs(tmp_path) as http:
        assert (await http.head(where, headers=TUS)).headers["upload-offset"] == "400000"
        assert (await send(http, where, 0, content)).status_code == HTTPStatus.CONFLICT
        done = await send(http, where, 400_000, content[400_000:])
        url = done.headers["content-location"]
        assert (await http.get(url)).content == content
        again = await http.head(where, headers=TUS)
        assert (again.headers["upload-offset"], again.headers["content-location"]) == ("600000", url)


async def test_more_than_was_announced_is_refused(tmp_path: Path) -> None:
    async with open_msfs(tmp_path) as http:
        where = (await create(http, 10)).headers["location"]
        answer = await send(http, where, 0, b"x" * 11)
        assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        assert (await send(http, where, 0, b"x" * 10)).status_code == HTTPStatus.NO_CONTENT


@pytest.mark.parametrize(
    ("length", "name", "status"),
    [
        (10 * 1024 * 1024 + 1, "a.png", 413),
        (5, "noextension", 400),
        (5, "a" * 300 + ".png", 400),
        (-1, "a.png", 400),
    ],
)
async def test_what_cannot_be_stored_is_not_begun(
    tmp_path: Path, length: int, name: str, status: int
) -> None:
    async with open_msfs(tmp_path) as http:
        assert (await create(http, length, name)).status_code == status


@pytest.mark.parametrize("name", ["nobody", "a" * 22, "..%2F..%2Fx", "%00" * 22, ""])
async def test_unknown_uploads_are_not_found(tmp_path: Path, name: str) -> None:
    async with open_msfs(tmp_path) as http:
        assert (await http.head(f"/tus/{name}", headers=TUS)).status_code == HTTPStatus.NOT_FOUND


async def test_uploads_are_bounded_in_number_and_age(tmp_path: Path) -> None:
    async with open_msfs(tmp_path, max_resumable=1) as http:
        where = (await create(http, 5)).headers["location"]
        assert (await create(http, 5)).status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert (await http.delete(where, headers=TUS)).status_code == HTTPStatus.NO_CONTENT
        assert (await create(http, 5)).status_code == HTTPStatus.CREATED
    make_old(tmp_path)
    async with open_msfs(tmp_path, max_resumable=1) as http:
        assert (await http.options("/tus/")).headers["tus-version"] == "1.0.0"
        assert (await create(http, 5)).status_code == HTTPStatus.CREATED


def make_old(folder: Path) -> None:
    old = time.time() - 90_000
    for path in files_in(folder):
        os.utime(path, (old, old))


async def test_another_version_of_the_protocol_is_refused(tmp_path: Path) -> None:
    async with open_msfs(tmp_path) as http:
        answer = await http.post("/tus/", headers={"Tus-Resumable": "0.2.2", "Upload-Length": "1"})
        assert answer.status_code == HTTPStatus.PRECONDITION_FAILED
