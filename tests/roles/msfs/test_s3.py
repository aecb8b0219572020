"""Files in an object store, against a server that speaks S3."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from hongyan.config import MsfsConfig

from .conftest import files_in, open_msfs, stored, upload


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    httpx.put(f"{url}/files", headers={"Authorization": "AWS4-HMAC-SHA256 Credential=k/x/us-east-1/s3/x"})
    yield url
    server.stop()


def settings(endpoint: str) -> dict[str, object]:
    s3 = {"bucket": "files", "endpoint": endpoint, "access_key_id": "k", "secret_access_key": "s"}
    return {"store": "s3", "s3": s3 | {"prefix": "chat"}}


async def test_files_come_back_whole_and_in_ranges(tmp_path: Path, endpoint: str) -> None:
    content = os.urandom(1_500_000)
    async with open_msfs(tmp_path, **settings(endpoint)) as http:
        path = await stored(http, content)
        assert (await http.get(path)).content == content
        part = await http.get(path, headers={"Range": "bytes=1000000-1000009"})
        assert part.content == content[1_000_000:1_000_010]
        assert (await http.get("/g0/000/000/" + "0" * 64 + ".png")).status_code == 404
    assert not files_in(tmp_path)


async def test_a_store_that_is_away_is_answered(tmp_path: Path, endpoint: str) -> None:
    away = settings(endpoint) | {"store": "s3"}
    away["s3"] = {
        "bucket": "no-such-bucket",
        "endpoint": endpoint,
        "access_key_id": "k",
        "secret_access_key": "s",
    }
    async with open_msfs(tmp_path, **away) as http:
        answer = await upload(http, b"x")
        assert (answer.status_code, answer.json()["error_code"]) == (503, 12)


def test_a_bucket_must_be_named() -> None:
    with pytest.raises(ValueError, match="bucket"):
        MsfsConfig(store="s3")
