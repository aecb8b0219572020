"""Everything that the servers refuse to the console is known to it in Chinese."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel, ValidationError

from hongyan.administration import departments, groups, keys, users
from hongyan.administration.table import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[2] / "src/hongyan"
EXPLAIN = SOURCE / "web/admin/i18n/explain.js"
SPEAKERS = (
    "web/console/*.py",
    "administration/live.py",
    "roles/db_proxy/administration/*.py",
    "cluster/calls.py",
    *(f"store/{name}.py" for name in ("accounts", "api_keys", "bots", "deliveries", "discovery", "texts")),
    *(f"store/{name}.py" for name in ("departments", "department_changes", "group_changes", "membership")),
    *(f"store/{name}.py" for name in ("roster", "user_import", "users", "webhooks")),
)
"""Who speaks to the console, or refuses what it asks for."""
ERRORS = {"RefusedError", "HTTPException", "failed"}
NO_TEXT = {"malformed", "unavailable"}
"""Words for programs."""


def known() -> list[re.Pattern[str]]:
    """The patterns of the page; they are regular expressions of Python, too."""
    rows = re.findall(r"^  \[/(.+)/, \"", EXPLAIN.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) > 40
    return [re.compile(row.replace("\\/", "/")) for row in rows]


def refusals() -> Iterator[str]:
    """Every text of an error, with something in the place of what is filled in."""
    for pattern in SPEAKERS:
        files = list(SOURCE.glob(pattern))
        assert files, pattern
        for file in files:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
                    yield from filter(None, map(text_of, node.args))


def text_of(argument: ast.expr) -> str | None:
    if isinstance(argument, ast.JoinedStr):
        return "".join(map(part_of, argument.values))
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def part_of(part: ast.expr) -> str:
    if isinstance(part, ast.FormattedValue):
        return "'7'" if part.conversion == ord("r") else "7"
    assert isinstance(part, ast.Constant)
    return str(part.value)


@pytest.mark.parametrize("text", sorted({*refusals()} - NO_TEXT))
def test_a_refusal_is_known_in_chinese(text: str) -> None:
    assert any(pattern.search(text) for pattern in known()), text


@pytest.mark.parametrize(
    ("model", "arguments"),
    [
        (users.UserEdit, {"phone": "1" * 12}),
        (users.UserNew, {"name": "x", "password": ""}),
        (users.UserNew, {"name": "\x07", "password": "x"}),
        (keys.ApiKeyNew, {"name": "x", "scopes": ["users:read"], "per_minute": 0}),
        (keys.ApiKeyNew, {"name": "x", "scopes": [], "per_minute": 1}),
        (departments.DepartmentNew, {"name": "x" * 300}),
        (groups.GroupNew, {"name": "x", "member_ids": []}),
        (groups.GroupNew, {"name": "x", "member_ids": [2**32]}),
    ],
)
def test_what_a_form_can_get_wrong_is_known_in_chinese(
    model: type[BaseModel], arguments: dict[str, object]
) -> None:
    with pytest.raises(ValidationError) as wrong:
        model.model_validate(arguments)
    text = explain(wrong.value)
    assert any(pattern.search(text) for pattern in known()), text


def test_no_chinese_text_leaves_out_what_it_is_about() -> None:
    """What a pattern sets apart for the text is in the text."""
    rows = re.findall(r"^  \[/(.+)/, \"(.*)\"\]", EXPLAIN.read_text(encoding="utf-8"), re.MULTILINE)
    for pattern, words in rows:
        groups_there = re.compile(pattern).groups
        assert all(int(number) <= groups_there for number in re.findall(r"\$(\d)", words)), pattern
