"""The original's recorded requests, byte by byte, and what it answered."""

import asyncio
import json
import re
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from hongyan.testing.transcripts import Http, read_transcript

from .conftest import open_msfs

DATA = Path(__file__).parent / "data" / "msfs_http.jsonl"
DELIBERATE = {
    "thumbnail suffix": HTTPStatus.OK,
    "dot dot": HTTPStatus.BAD_REQUEST,
    "HEAD": HTTPStatus.OK,
}
"""Where ours answers more than the original did (docs/differences.md)."""


async def exchange(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send raw bytes, read until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(":", 1) for line in lines)
    return int(first.split()[1]), {name: value.strip() for name, value in headers.items()}, body


async def test_every_recorded_request_is_answered_as_the_original_did(tmp_path: Path) -> None:
    paths: dict[str, str] = {}
    async with open_msfs(tmp_path) as http:
        port = http.base_url.port or 0
        for note, records in read_transcript(DATA).steps():
            messages = [record for record in records if isinstance(record, Http)]
            if not messages:
                continue
            request = messages[0].text
            for theirs, ours in paths.items():
                request = request.replace(theirs, ours)
            answer = await exchange(port, request.encode("latin-1"))
            assert answer[1]["connection"] == "close", note
            if len(messages) == 1 or note in DELIBERATE:
                assert answer[0] == DELIBERATE[note], note
            else:
                compare(note, messages[1].text, answer, paths)


def compare(note: str, theirs: str, ours: tuple[int, dict[str, str], bytes], paths: dict[str, str]) -> None:
    head, _, their_body = theirs.replace("\r\n\r\0", "\r\n\r\n").partition("\r\n\r\n")
    status, headers, body = ours
    assert f" {status} " in head.split("\r\n")[0], note
    their_type = re.search(r"content-type: ?(.+)", head.lower())
    if status == HTTPStatus.OK:
        assert their_type is not None
        assert headers["content-type"].replace("; ", ";") == their_type[1].strip(), note
    if not their_body.startswith("{"):
        assert body == their_body.encode("latin-1"), note
        return
    expected, told = json.loads(their_body), json.loads(body)
    assert told.keys() == expected.keys(), note
    assert told["error_code"] == expected["error_code"], note
    assert told["error_msg"] == expected["error_msg"], note
    if expected["error_code"] == 0:
        assert urlsplit(told["url"]).path == f"/{told['path']}", note
        suffix = re.search(r"(_\d+x\d+)?\.\w+$", expected["path"])
        assert suffix is not None
        assert told["path"].endswith(suffix[0]), note
        folders = expected["path"].rpartition("/")[0]
        paths[expected["path"]] = told["path"]
        paths[f"/upload/{folders[3:]}/{expected['path'].rpartition('/')[2]}"] = f"/upload/{told['path'][3:]}"
