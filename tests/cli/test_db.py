"""``hongyan db``: as an operator types it."""

import json
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from servers.databases import IN_URL, PASSWORD, MariaDb


def test_a_new_database_is_made_and_whole(cli: object) -> None:
    made = cli("db", "migrate")
    assert "sqlite" in made.out
    assert Path("data/hongyan.db").exists()
    checked = cli("db", "check", "--json")
    assert (checked.code, json.loads(checked.out)) == (0, [])


def test_it_moves_to_a_server_and_is_worked_on_there(cli: object, mariadb: MariaDb) -> None:
    assert cli("user", "add", "anna", "--password", "pw").code == 0
    config = Path("hongyan.toml")
    config.write_text(f'[db_proxy]\ndatabase = "{mariadb.create("moved_by_cli")}"\n')
    copied = cli("db", "copy", "sqlite:///data/hongyan.db", "hongyan.toml", "--json")
    assert copied.code == 0, copied.err
    counts = {row["table"]: (row["source"], row["target"]) for row in json.loads(copied.out)}
    assert counts["IMUser"] == counts["HyPassword"] == (1, 1)
    listed = cli("user", "list", "--config", "hongyan.toml", "--json")
    assert [row["name"] for row in json.loads(listed.out)] == ["anna"]
    again = cli("db", "copy", "sqlite:///data/hongyan.db", "hongyan.toml")
    assert again.code == 1
    assert "not empty" in again.err


def test_damage_is_mended_when_there_is_a_backup(cli: object, mariadb: MariaDb) -> None:
    url = mariadb.create("damaged")
    Path("hongyan.toml").write_text(f'[db_proxy]\ndatabase = "{url}"\n')
    assert cli("db", "migrate", "--config", "hongyan.toml").code == 0
    mariadb.sql("USE damaged", *2 * ["INSERT INTO IMRelationShip (smallId, bigId, status) VALUES (1, 2, 0)"])
    found = cli("db", "check", "--config", "hongyan.toml", "--json")
    assert found.code == 1
    assert [row["table"] for row in json.loads(found.out)] == ["IMRelationShip"]
    mended = cli("db", "check", "--repair", "--yes", "--config", "hongyan.toml", "--json")
    assert (mended.code, json.loads(mended.out)) == (0, [])


@pytest.mark.parametrize("place", ["mysql://u:{}@127.0.0.1:1/x", "missing.toml"])
def test_what_cannot_be_opened_is_one_line_without_a_password(cli: object, place: str) -> None:
    failed = cli("db", "copy", place.format(IN_URL), "sqlite:///x.db")
    assert failed.code == 1
    assert failed.err.count("\n") == 1
    assert PASSWORD not in failed.err
    assert IN_URL not in failed.err


def test_the_file_of_an_original_names_the_database(cli: object, mariadb: MariaDb) -> None:
    url = make_url(mariadb.create("named_by_conf"))
    master = {"host": url.host, "port": url.port, "dbname": url.database, "username": url.username}
    master |= {"password": url.password, "maxconncnt": 4}
    lines = ["ListenIP=127.0.0.1", "ListenPort=10600", "DBInstances=teamtalk_master,teamtalk_slave"]
    lines += [f"teamtalk_master_{key}={value}" for key, value in master.items()]
    lines += ["unread_host=127.0.0.1", "unread_port=6379", f"aesKey={32 * '1'}"]
    Path("dbproxyserver.conf").write_text("\n".join(lines) + "\n")
    added = cli("user", "add", "anna", "--password", "pw", "--config", "dbproxyserver.conf")
    assert added.code == 0, added.err
    checked = cli("db", "check", "--config", "dbproxyserver.conf", "--json")
    assert (checked.code, json.loads(checked.out)) == (0, [])
    copied = cli("db", "copy", "dbproxyserver.conf", "sqlite:///copy.db", "--json")
    assert copied.code == 0, copied.err
