"""Who starts and stops when, and what each process is told of the others."""

import pytest

from hongyan.config import Config, DbProxyConfig, LoginConfig, MsfsConfig, MsgConfig, PushConfig
from hongyan.config.load import load_config
from hongyan.config.push import WebhookConfig
from hongyan.errors import ConfigError
from hongyan.suite.process import ALL_ROLES
from hongyan.suite.supervision.plan import Addresses, Member, Plan, merged_addresses
from hongyan.wire.commands import Node

KNOWN: dict[Member, Addresses] = {
    Member(Node.MSFS): {"msfs": ("127.0.0.1", 1), "metrics": ("127.0.0.1", 10)},
    Member(Node.DB_PROXY): {"db_proxy": ("0.0.0.0", 2)},  # noqa: S104 - told, not listened on
    Member(Node.LOGIN): {"login_http": ("127.0.0.1", 3), "login_msg": ("127.0.0.1", 4)},
    Member(Node.ROUTE): {"route": ("::1", 5)},
    Member(Node.PUSH): {"push": ("127.0.0.1", 6)},
}


def read_back(plan: Plan, member: Member, tmp_path, known=KNOWN) -> Config:
    file = tmp_path / "member.toml"
    file.write_text(plan.toml(member, known))
    return load_config(file, {})


def test_every_role_has_a_process():
    plan = Plan(Config(), {})
    for stages in (plan.starting(), plan.stopping()):
        assert sorted(member.role.name for stage in stages for member in stage) == sorted(
            role.name for role in ALL_ROLES
        )


def test_who_connects_starts_last_and_db_proxy_outlives_whoever_asks_it():
    plan = Plan(Config(), {Node.MSG: 2})
    starting, stopping = (
        [{member.name for member in stage} for stage in stages]
        for stages in (plan.starting(), plan.stopping())
    )
    assert {"db_proxy", "route", "push", "msfs"} <= starting[0]
    assert "login" in starting[1]
    assert starting[2] == {"msg", "msg2"}
    assert {"login", "msg", "msg2"} <= stopping[0]
    assert stopping[-2:] == [{"db_proxy"}, {"msfs"}]


def test_a_msg_server_is_told_where_the_others_listen(tmp_path):
    config = Config(push=PushConfig(webhook=WebhookConfig(url="http://127.0.0.1/hook")))
    msg = read_back(Plan(config, {}), Member(Node.MSG), tmp_path).msg
    assert msg.db_proxies == ("127.0.0.1:2", "127.0.0.1:2")
    assert msg.login_servers == ("127.0.0.1:4",)
    assert msg.route_servers == ("[::1]:5",)
    assert msg.push_servers == ("127.0.0.1:6",)


def test_without_a_provider_nobody_asks_for_pushes(tmp_path):
    assert read_back(Plan(Config(), {}), Member(Node.MSG), tmp_path).msg.push_servers == ()


def test_login_and_db_proxy_are_told_where_msfs_is(tmp_path):
    plan = Plan(Config(msfs=MsfsConfig(port=0)), {})
    where = f"http://127.0.0.1:{read_back(plan, Member(Node.MSFS), tmp_path, {}).msfs.port}/"
    assert where != "http://127.0.0.1:0/"
    assert read_back(plan, Member(Node.LOGIN), tmp_path).login.msfs_url == where
    assert read_back(plan, Member(Node.DB_PROXY), tmp_path).db_proxy.msfs_url == where


def test_what_the_operator_said_of_msfs_stays(tmp_path):
    config = Config(login=LoginConfig(msfs_url="https://files.example.org/"))
    assert (
        read_back(Plan(config, {}), Member(Node.LOGIN), tmp_path).login.msfs_url
        == "https://files.example.org/"
    )


def test_a_file_has_every_setting_of_its_role_and_no_secret_of_another(tmp_path):
    config = Config(
        db_proxy=DbProxyConfig(database='mysql://u:p"w\\@h/d'),
        msg=MsgConfig(max_connections=7, ws_origins=()),
    )
    plan = Plan(config, {})
    assert read_back(plan, Member(Node.DB_PROXY), tmp_path).db_proxy.database == config.db_proxy.database
    text = plan.toml(Member(Node.MSG), KNOWN)
    assert "mysql" not in text
    assert read_back(plan, Member(Node.MSG), tmp_path).msg.max_connections == 7


def test_further_servers_have_ports_of_their_own(tmp_path):
    plan = Plan(Config(), {Node.MSG: 3})
    third = read_back(plan, Member(Node.MSG, 3), tmp_path).msg
    assert (third.port, third.ws_port) == (8020, 8021)
    free = Plan(Config(msg=MsgConfig(port=0, ws_port=0)), {Node.MSG: 2})
    assert read_back(free, Member(Node.MSG, 2), tmp_path).msg.port == 0


def test_a_process_that_starts_again_listens_where_it_did(tmp_path):
    known = {**KNOWN, Member(Node.MSG, 2): {"msg": ("127.0.0.1", 77), "msg_ws": ("127.0.0.1", 78)}}
    plan = Plan(Config(msg=MsgConfig(port=0, ws_port=0)), {Node.MSG: 2})
    msg = read_back(plan, Member(Node.MSG, 2), tmp_path, known).msg
    assert (msg.port, msg.ws_port) == (77, 78)


def test_several_db_proxies_share_the_requests(tmp_path):
    config = Config(db_proxy=DbProxyConfig(database="mysql://u:p@h/d"))
    known = {**KNOWN, Member(Node.DB_PROXY, 2): {"db_proxy": ("127.0.0.1", 22)}}
    msg = read_back(Plan(config, {Node.DB_PROXY: 2}), Member(Node.MSG), tmp_path, known).msg
    assert msg.db_proxies == ("127.0.0.1:2", "127.0.0.1:22") * 2


def test_sqlite_has_one_db_proxy():
    with pytest.raises(ConfigError, match="database server"):
        Plan(Config(), {Node.DB_PROXY: 2})


def test_addresses_of_further_servers_have_their_number_and_metrics_are_the_supervisors():
    known: dict[Member, Addresses] = {
        Member(Node.MSG): {"msg": ("h", 1), "metrics": ("h", 2)},
        Member(Node.MSG, 2): {"msg": ("h", 3)},
    }
    assert merged_addresses(known) == {"msg": ("h", 1), "msg2": ("h", 3)}
