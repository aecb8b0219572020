"""`hongyan config`."""

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Cli


def shown(cli: Cli, *arguments: str) -> dict[str, tuple[Any, str]]:
    outcome = cli("config", "show", *arguments, "--json")
    assert outcome.code == 0, outcome.err
    return {row["setting"]: (row["value"], row["from"]) for row in json.loads(outcome.out)}


def test_every_layer_is_named(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "suite.toml"
    file.write_text("[msg]\nregistration = true\nport = 1\n")
    monkeypatch.setenv("HONGYAN_MSG__PORT", "8010")
    settings = shown(cli, "msg", "--config", str(file), "--host", "0.0.0.0")  # noqa: S104 - only printed
    assert settings["msg.registration"] == (True, f"{file}:2")
    assert settings["msg.port"] == (8010, "HONGYAN_MSG__PORT")
    assert settings["msg.host"] == (["0.0.0.0"], "--host 0.0.0.0")  # noqa: S104 - only printed
    assert settings["msg.max_connections"] == (100_000, "default")


def test_a_role_reads_its_own_section_and_the_shared_ones(cli: Cli):
    tables = {name.partition(".")[0] for name in shown(cli, "route")}
    assert "route" in tables
    assert "cluster" in tables
    assert not tables & {"msg", "login", "db_proxy"}


def test_all_shows_every_role(cli: Cli):
    assert {"msg.port", "login.http_port", "route.port", "db_proxy.port"} <= shown(cli, "all").keys()


def test_secrets_are_not_shown(cli: Cli, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HONGYAN_CLUSTER__SECRET", "hunter2 hunter2 hunter2")
    outcome = cli("config", "show", "msg")
    assert "hunter2" not in outcome.out
    assert "HONGYAN_CLUSTER__SECRET" in outcome.out


def test_every_fault_is_a_line(cli: Cli, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HONGYAN_MSG__PORT", "x")
    monkeypatch.setenv("HONGYAN_MSG__PROT", "1")
    outcome = cli("config", "show", "msg")
    assert outcome.code == 1
    lines = outcome.err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("hongyan: HONGYAN_MSG__PRO") or "MSG__PORT" in line for line in lines)
