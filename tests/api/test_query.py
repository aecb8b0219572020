"""The original's two queries: what was recorded, and who may ask."""

import json
from pathlib import Path
from typing import Any

import pytest

from hongyan.testing.transcripts import Http, read_transcript

from .running import Api, ApiSuite

DATA = Path(__file__).parents[1] / "transcripts" / "data" / "http_msg.jsonl"


def recorded() -> list[tuple[str, bytes, str]]:
    """The requests of the recording: path, body, and the body of the answer, if there was one."""
    found = []
    for _, records in read_transcript(DATA).steps():
        messages = [record for record in records if isinstance(record, Http)]
        if messages:
            head, _, body = messages[0].text.partition("\r\n\r\n")
            answer = messages[1].text.rpartition("\r\n\r\n")[2] if len(messages) > 1 else ""
            found.append((head.split()[1], body.encode(), answer))
    return found


def with_our_groups(body: bytes, groups: dict[int, int]) -> bytes:
    for theirs, ours in groups.items():
        body = body.replace(b'"group_id": %d' % theirs, b'"group_id": %d' % ours)
    return body


async def ask(api: Api, path: str, body: bytes) -> tuple[int, Any, Any]:
    answer = await api.post(path, content=body)
    return answer.status_code, answer.headers, answer.content


async def test_every_recorded_query_is_answered_as_the_original_did(suite: ApiSuite) -> None:
    answered = 0
    groups: dict[int, int] = {}
    async with suite.api() as api:
        for path, recorded_body, expected in recorded()[
            :-1
        ]:  # before the last one the recording stops db_proxy
            body = with_our_groups(recorded_body, groups).replace(
                b"[5, 10]", b"[5, 9]"
            )  # there are nine users here
            status, headers, content = await ask(api, path, body)
            if not expected:
                assert status in {200, 400, 404}, path
                continue
            theirs_, ours_ = json.loads(expected), json.loads(content)
            if theirs_.get("group_id"):
                groups[theirs_["group_id"]] = ours_["group_id"]
                theirs_["group_id"] = ours_["group_id"]
            assert ours_ == theirs_, body
            assert list(ours_) == sorted(ours_)
            assert headers["content-type"] == "text/html;charset=utf-8"
            assert headers["connection"] == "close"
            answered += 1
    assert answered >= 12


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"req_user_id": True}, 0),
        ({"req_user_id": 1.5}, 0),
        ({"req_user_id": "1"}, 5),
        ({"req_user_id": -1}, 5),
        ({"app_key": []}, 5),
        ({"group_name": None}, 1),
        ({"user_id_list": [1, "2"]}, 1),
        ({"user_id_list": {"1": 2}}, 1),
    ],
)
async def test_values_are_taken_as_the_originals_reader_does(
    suite: ApiSuite, change: dict[str, Any], code: int
) -> None:
    query = {"req_user_id": 1, "app_key": "", "group_name": "q", "group_type": 2, "group_avatar": ""}
    body = json.dumps({**query, "user_id_list": [1, 2], **change}) + " behind it"
    async with suite.api() as api:
        _, _, content = await ask(api, "/query/CreateGroup", body.encode())
    assert json.loads(content)["error_code"] == code


async def test_a_page_in_a_browser_on_this_machine_is_refused(suite: ApiSuite) -> None:
    async with suite.api() as api:
        api.headers["Origin"] = "https://elsewhere.example.org"
        _, _, content = await ask(api, "/query/CreateGroup", b"{}")
    assert json.loads(content)["error_code"] == 6


async def test_a_foreign_address_needs_a_key_and_the_api(suite: ApiSuite) -> None:
    async with suite.api() as api:
        api.headers["X-Forwarded-For"] = "192.0.2.7"  # a proxy on this machine says who asks
        _, _, content = await ask(api, "/query/CreateGroup", b"{}")
    assert json.loads(content)["error_code"] == 6
