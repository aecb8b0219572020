"""Administrators, API keys and bots from the command line."""

import json
from pathlib import Path
from typing import Any

from hongyan.administration.keys import digest_of
from hongyan.cli.common import Place, with_database
from hongyan.store import Database, accounts, admins, api_keys, audit, deliveries
from hongyan.store.api_keys import KeyRow
from hongyan.store.audit import AuditRow
from hongyan.store.deliveries import DeliveryRow
from hongyan.store.passwords import VerifiedPasswords, client_digest, fits, verify
from hongyan.store.webhooks import QUEUED

from .conftest import Cli

PLACE = Place("sqlite:///data/hongyan.db")


def read(query: Any, *args: Any) -> Any:
    async def work(database: Database) -> Any:
        return await database.read(query, *args)

    return with_database(PLACE, work)


def log() -> list[AuditRow]:
    found: list[AuditRow] = read(audit.find, "", 0, 100)
    return found


def test_there_is_no_administrator_until_one_is_added(cli: Cli) -> None:
    cli("user", "add", "anna", "--password", "pw")
    assert json.loads(cli("admin", "list", "--json").out) == []
    assert cli("admin", "add", "root", "--password", "correct horse").out == "added the administrator root\n"
    assert [row["name"] for row in json.loads(cli("admin", "list", "--json").out)] == ["root"]
    _, stored = read(admins.credentials, "root")
    assert fits(stored, "correct horse")


def test_an_administrators_password_is_long_and_can_be_changed(cli: Cli) -> None:
    short = cli("admin", "add", "root", "--password", "short")
    assert (short.code, "10 characters" in short.err) == (2, True)
    cli("admin", "add", "root", "--password", "correct horse")
    assert cli("admin", "add", "root", "--password", "correct horse").code == 1
    assert cli("admin", "passwd", "root", "--password", "battery staple").code == 0
    _, stored = read(admins.credentials, "root")
    assert fits(stored, "battery staple")
    assert cli("admin", "remove", "root").code == 0
    assert "no administrator" in cli("admin", "passwd", "root", "--password", "battery staple").err
    assert [row.operation for row in log()] == ["admin.remove", "admin.password", "admin.add"]
    assert not any("battery" in row.detail for row in log())


def test_a_key_is_printed_once_and_kept_as_a_digest(cli: Cli) -> None:
    made = cli("api-key", "add", "crm", "--scope", "users:read", "--scope", "messages:send")
    token = made.out.strip()
    key: KeyRow = read(api_keys.check, token.split("_")[1], digest_of(token))
    assert (key.name, key.scopes) == ("crm", ("messages:send", "users:read"))
    assert token not in cli("api-key", "list").out
    assert cli("api-key", "add", "other", "--scope", "everything").code == 2
    assert cli("api-key", "revoke", "crm").code == 0
    assert read(api_keys.check, token.split("_")[1], digest_of(token)) is None
    assert cli("api-key", "revoke", "crm").code == 1


def test_a_bot_logs_in_with_its_token(cli: Cli) -> None:
    made = json.loads(cli("bot", "add", "echo", "--nick", "Echo", "--json").out)
    found = read(accounts.credentials, "echo")
    assert verify(found, client_digest(made["token"]), VerifiedPasswords())
    assert cli("bot", "add", "echo").code == 1
    assert len(read(api_keys.list_keys)) == 1


def test_what_is_done_to_people_and_groups_is_in_the_log(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("name,password\ncarl,pw\n", encoding="utf-8")
    for line in (
        "department add Sales",
        "user add anna --password pw",
        "user add load --count 3 --password pw",
        "user import people.csv --dry-run",
        "user import people.csv",
        "user passwd anna --password better",
        "group create Team --members anna,load1",
        "user disable anna",
    ):
        assert cli(*line.split()).code == 0
    assert [(row.operation, row.target) for row in reversed(log())] == [
        ("department.add", "Sales"),
        ("user.add", "anna"),
        ("user.add", "load1 to load3"),
        ("user.import", "people.csv"),
        ("user.password", "anna"),
        ("group.add", "1"),
        ("user.edit", "anna"),
    ]
    assert not any("better" in row.detail for row in log())


def test_webhooks_hear_of_a_group(cli: Cli) -> None:
    cli("user", "add", "u", "--count", "2", "--password", "pw")
    cli("webhook", "add", "crm", "https://crm.example.org/hook", "--event", "group.created")
    cli("group", "create", "Team", "--members", "u1,u2")
    queued: list[DeliveryRow] = read(deliveries.find, 1, QUEUED, 0, 10)
    payload = {"group_id": 1, "name": "Team", "member_ids": [1, 2]}
    assert [(row.event, row.payload) for row in queued] == [("group.created", payload)]


def test_what_those_who_are_online_see_of_it_is_said(cli: Cli) -> None:
    cli("user", "add", "anna", "--password", "pw")
    assert "at their next login" in cli("group", "create", "Team", "--members", "anna").err
    assert "connections that are open stay so" in cli("user", "disable", "anna").err
