"""Every operation of the API takes what is valid: one request each, in an order in which all can succeed."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .running import Api, ApiSuite

HOOK = {"name": "valid", "url": "https://example.org/hook", "events": ["message"]}
EVERYTHING = {
    "user": {
        "name": "valid",
        "password": "p",
        "nick": "Nick 名",
        "department_id": 0,
        "phone": "+4912345",
        "email": "v@example.org",
        "sex": "male",
    },
    "edit": {
        "nick": "N",
        "department_id": 0,
        "phone": "",
        "email": "",
        "sex": "unknown",
        "avatar": "https://example.org/a.png",
        "signature": "在",
        "active": True,
    },
    "group": {"name": "valid", "type": "temporary", "avatar": "", "creator_id": 1, "member_ids": [1, 2]},
    "message": {"from_user_id": 1, "to_user_id": 2, "text": "你好", "client_msg_id": "valid-1"},
    "hook": {**HOOK, "user_id": 1},
}
"""Bodies with every field that there is."""


class Valid(NamedTuple):
    """A request; ``keeps`` names what later paths call the ``id`` of the answer."""

    operation: str
    body: dict[str, Any] | None = None
    query: str = ""
    keeps: str = ""


REQUESTS = (
    Valid("GET /me"),
    Valid("GET /audit", query="text=user&before=9&limit=3"),
    Valid("POST /users", EVERYTHING["user"], keeps="user_id"),
    Valid("POST /users", {"name": "valid2", "password": "p"}),
    Valid("GET /users", query="text=valid&department_id=0&active=true&after=1&limit=2"),
    Valid("GET /users/{user_id}"),
    Valid("PATCH /users/{user_id}", EVERYTHING["edit"]),
    Valid("PATCH /users/{user_id}", {}),
    Valid("PUT /users/{user_id}/password", {"password": "q"}),
    Valid("PUT /users/{user_id}/push-tokens/ios", {"token": "ab" * 32}),
    Valid("PUT /users/{user_id}/push-tokens/android", {"token": "x:y_z-1"}),
    Valid("DELETE /users/{user_id}/push-tokens/android"),
    Valid("POST /departments", {"name": "Valid", "parent_id": 0, "priority": 3}, keeps="department_id"),
    Valid("GET /departments"),
    Valid("PATCH /departments/{department_id}", {"name": "Valid 部", "parent_id": 0, "priority": 1}),
    Valid("DELETE /departments/{department_id}"),
    Valid("POST /groups", EVERYTHING["group"], keeps="group_id"),
    Valid("GET /groups", query="text=valid&member_id=1&after=0&limit=5"),
    Valid("GET /groups/{group_id}"),
    Valid("PATCH /groups/{group_id}", {"name": "Valid 群", "avatar": "https://example.org/g.png"}),
    Valid("POST /groups/{group_id}/members", {"user_ids": [3, 4]}),
    Valid("DELETE /groups/{group_id}/members/4"),
    Valid("POST /messages", EVERYTHING["message"]),
    Valid("POST /messages", {"from_user_id": 1, "to_group_id": "{group_id}", "text": "x" * 2000}),
    Valid("GET /users/1/conversations"),
    Valid("GET /users/1/conversations/single/2/messages", query="before=9&limit=500"),
    Valid("GET /users/1/conversations/group/{group_id}/messages"),
    Valid("GET /users/1/unread"),
    Valid("POST /users/2/conversations/single/1/read"),
    Valid("POST /users/3/conversations/group/{group_id}/read"),
    Valid("GET /presence", query="user_id=1&user_id=2&after=0&limit=10"),
    Valid("POST /users/9/devices/kind:bot/kick"),
    Valid("POST /users/9/kick"),
    Valid("DELETE /groups/{group_id}"),
    Valid("POST /discovery", {"name": "W", "url": "https://example.org/", "priority": 2}, keeps="entry_id"),
    Valid("GET /discovery"),
    Valid("PATCH /discovery/{entry_id}", {"name": "Wiki", "url": "http://example.org/w", "priority": 0}),
    Valid("DELETE /discovery/{entry_id}"),
    Valid("POST /webhooks", EVERYTHING["hook"], keeps="webhook_id"),
    Valid("GET /webhooks"),
    Valid("PATCH /webhooks/{webhook_id}", {**HOOK, "active": False}),
    Valid("GET /webhooks/{webhook_id}/deliveries", query="state=queued&before=9&limit=3"),
    Valid("POST /webhooks/{webhook_id}/deliveries/resend", {"delivery_ids": []}),
    Valid("DELETE /webhooks/{webhook_id}"),
)


async def test_every_operation_takes_what_is_valid(suite: ApiSuite, api: Api) -> None:
    described = (await api.get("/api/v1/openapi.json")).json()["paths"]
    kept: dict[str, int] = {}
    async with suite.client("u9", device_kind="bot"):
        asked = {await ask(api, request, described, kept) for request in REQUESTS}
    operations = {(method, path) for path, methods in described.items() for method in methods}
    assert asked == operations, "an operation has no valid request in the table above"


async def ask(api: Api, request: Valid, described: dict[str, Any], kept: dict[str, int]) -> tuple[str, str]:
    """Ask, and see that the answer is the success that the description promises; return which operation."""
    method, _, form = request.operation.partition(" ")
    path = f"/api/v1{form.format(**kept)}"
    operation = next(each for each in described if method.lower() in described[each] and leads_to(each, path))
    body = request.body and {name: kept[v[1:-1]] if is_kept(v) else v for name, v in request.body.items()}
    answer = await api.request(method, f"{path}?{request.query}", json=body)
    (promised,) = (s for s in described[operation][method.lower()]["responses"] if s.startswith("2"))
    assert answer.status_code == int(promised), (request, answer.status_code, answer.text)
    if request.keeps:
        made = answer.json()
        kept[request.keeps] = made["id"] if "id" in made else made["webhook"]["id"]
    return method.lower(), operation


def is_kept(value: object) -> bool:
    return isinstance(value, str) and value.startswith("{")


def leads_to(described: str, path: str) -> bool:
    """Whether a path is one of those that are described with names in braces."""
    parts, given = described.split("/"), path.split("/")
    return len(parts) == len(given) and all(
        part == it or is_named(part) for part, it in zip(parts, given, strict=True)
    )


def is_named(part: str) -> bool:
    return any(name for _, name, _, _ in Formatter().parse(part))
