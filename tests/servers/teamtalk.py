"""A database as TeamTalk's installer leaves it, and the file that its db_proxy_server reads."""

from sqlalchemy import create_mock_engine
from sqlalchemy.schema import CreateIndex, CreateTable

from hongyan.store.schema import TEAMTALK_TABLES

from .databases import PASSWORD, MariaDb, Redis

NARROW = ("IMAdmin", "IMGroupMember", "IMRecentSession", "IMRelationShip")
"""The tables that the shipped SQL makes in utf8."""


def shipped_sql() -> list[str]:
    """The statements that make TeamTalk's tables and keys, of which IMTransmitFile is not one."""
    made: list[str] = []
    engine = create_mock_engine(
        "mysql://", lambda statement, *_: made.append(str(statement.compile(dialect=engine.dialect)))
    )
    for table in TEAMTALK_TABLES:
        if table.name == "IMTransmitFile":
            continue
        engine.execute(CreateTable(table))
        for index in table.indexes:
            if not str(index.name).startswith(("uq_hy", "idx_hy")):
                engine.execute(CreateIndex(index))
    return [
        statement.replace("utf8mb4", "utf8").replace("COLLATE utf8_bin", "")
        if any(f"TABLE `{name}`" in statement for name in NARROW)
        else statement
        for statement in made
    ]


def make_teamtalk(mariadb: MariaDb, name: str = "teamtalk") -> str:
    """Make a database as the shipped SQL does, whatever was there, and return its URL."""
    place = mariadb.create(name, charset="utf8")
    mariadb.sql(f"USE {name}", *(statement.replace("\n", " ") for statement in shipped_sql()))
    return place


def dbproxy_conf(mariadb: MariaDb, redis: Redis, port: int, slave: MariaDb | None = None) -> str:
    """The file that comes with the installer, on these servers."""
    lines = ["ListenIP=127.0.0.1", f"ListenPort={port}", "ThreadNum=48", "MsfsSite=127.0.0.1"]
    lines.append("DBInstances=teamtalk_master,teamtalk_slave")
    for pool, server in (("master", mariadb), ("slave", slave or mariadb)):
        values = {"host": "127.0.0.1", "port": server.port, "dbname": "teamtalk", "username": "hongyan"}
        values |= {"password": PASSWORD, "maxconncnt": 16}
        lines += [f"teamtalk_{pool}_{key}={value}" for key, value in values.items()]
    lines.append("CacheInstances=unread,group_set,token,sync,group_member")
    for number, (pool, most) in enumerate(
        {"unread": 16, "group_set": 16, "sync": 1, "token": 16, "group_member": 48}.items(), 1
    ):
        values = {"host": "127.0.0.1", "port": redis.port, "db": number, "maxconncnt": most}
        lines += [f"{pool}_{key}={value}" for key, value in values.items()]
    return "\n".join([*lines, "aesKey=12345678901234567890123456789012", ""])
