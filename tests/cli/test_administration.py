"""Administrators, API keys and bots from the command line."""

import json
from typing import Any

from hongyan.administration.keys import digest_of
from hongyan.cli.common import Place, with_database
from hongyan.store import Database, accounts, admins, api_keys, audit
from hongyan.store.api_keys import KeyRow
from hongyan.store.audit import AuditRow
from hongyan.store.passwords import VerifiedPasswords, client_digest, fits, verify

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
