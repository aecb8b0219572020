"""What deploy/ says is what the servers understand: settings, ports, and who finds whom."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hongyan.cli.serve import ROLES
from hongyan.config import Config
from hongyan.config.environment import PREFIX, SEPARATOR
from hongyan.config.sections import field_at

from .servers import DEPLOY, Server, compose_servers, environment_in, kubernetes_servers, systemd_servers

Servers = Callable[[], list[Server]]
FILES = [file for file in DEPLOY.rglob("*") if file.is_file()]
_NAME = re.compile(rf"\b{PREFIX}\w*{SEPARATOR}\w+")

everywhere = pytest.mark.parametrize(
    "servers",
    [compose_servers, kubernetes_servers, systemd_servers],
    ids=["compose", "kubernetes", "systemd"],
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(DEPLOY)))
def test_every_variable_is_a_setting(file: Path) -> None:
    for name in _NAME.findall(file.read_text()):
        path = tuple(name.removeprefix(PREFIX).lower().split(SEPARATOR))
        assert field_at(Config, path) is not None, name


@everywhere
def test_every_server_is_there_and_gets_a_configuration_that_it_takes(servers: Servers) -> None:
    found = servers()
    assert {server.role for server in found} == set(ROLES)
    assert all(len(server.config.cluster.secret) >= 16 for server in found)


@everywhere
def test_what_is_opened_is_listened_on(servers: Servers) -> None:
    for server in servers():
        assert server.opened <= server.ports, server.role


@everywhere
def test_ports_are_those_of_teamtalk(servers: Servers) -> None:
    default = Config()
    for server in servers():
        usual = Server(server.role, default, frozenset(), frozenset()).ports - {default.metrics.port}
        assert usual <= server.ports, server.role


@everywhere
def test_peers_are_found_where_they_listen(servers: Servers) -> None:
    found = servers()
    for server in found:
        for role, address in server.peers:
            host, _, port = address.rpartition(":")
            listening = [peer for peer in found if peer.role == role and host in peer.names]
            assert listening, f"{server.role} looks for {role} at {address}"
            assert all(int(port) in peer.ports for peer in listening), address


@everywhere
def test_clients_are_not_told_an_address_of_the_inside(servers: Servers) -> None:
    for server in servers():
        if server.role == "msg" and servers is not systemd_servers:
            assert server.config.msg.public_ip1
        if server.role == "login":
            assert "127.0.0.1" not in server.config.login.msfs_url


def test_servers_of_one_machine_have_a_metrics_port_each() -> None:
    ports = [server.config.metrics.port for server in systemd_servers()]
    assert len(set(ports)) == len(ports)


def test_nothing_starts_with_the_secrets_as_they_are_shipped() -> None:
    assert environment_in(DEPLOY / "systemd/secrets.env") == {"HONGYAN_CLUSTER__SECRET": ""}
    assert all(value == "" for value in environment_in(DEPLOY / "compose/.env.example").values())
    (secret,) = re.findall(
        r"^  HONGYAN_CLUSTER__SECRET: (.*)$", (DEPLOY / "kubernetes/hongyan.yaml").read_text(), re.MULTILINE
    )
    assert len(secret) < 16


def test_the_image_opens_every_port() -> None:
    exposed = re.findall(r"^EXPOSE (.*)$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    assert {int(port) for line in exposed for port in line.split()} == {
        port for server in compose_servers() for port in server.ports
    }


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze here")
    program = Path(sys.executable).with_name("hongyan")
    for unit in [file for file in FILES if file.suffix in {".service", ".target"}]:
        text = unit.read_text().replace("/opt/hongyan/bin/hongyan", str(program))
        (tmp_path / unit.name.replace("@.", "@msg.")).write_text(text)
    units = sorted(tmp_path.iterdir())
    assert len(units) == 3
    ran = subprocess.run(
        [analyze, "verify", "--man=no", "--recursive-errors=no", *map(str, units)],
        capture_output=True,
        text=True,
        check=False,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )
    assert ran.returncode == 0, ran.stderr
    assert "hongyan" not in ran.stderr, ran.stderr
