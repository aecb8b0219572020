"""The start of ``hongyan up`` loads what it needs; what few people use is loaded when they use it."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from acceptance.suite import Suite, wait_until

USED_LATER = {"fastapi", "jwt", "alembic", "sqlalchemy.dialects.postgresql", "textual"}
_LOADED = re.compile(r"^import time:.*\| +(\S+)$", re.MULTILINE)


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Suite]:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    suite = Suite(tmp_path)
    suite.start()
    suite.stop()  # it has made the database now
    suite.server.log.unlink()
    suite.start()
    yield suite
    suite.stop()


def loaded(suite: Suite) -> set[str]:
    return set(_LOADED.findall(suite.server.log_text()))


def test_what_is_seldom_used_is_loaded_when_it_is_used(suite: Suite) -> None:
    assert "hongyan.roles.http_msg.server" in loaded(suite)
    assert loaded(suite) & USED_LATER == set()
    answer = httpx.get(f"http://{suite.addresses['http_msg']}/api/v1/openapi.json", timeout=60)
    assert answer.json()["info"]["title"] == "Hongyan"
    wait_until(lambda: "fastapi" in loaded(suite), 60, "the API to be loaded")
