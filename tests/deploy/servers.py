"""What the files in deploy/ start: every server with the settings, ports and peers that they give it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import yaml

from hongyan.config import Config, Layers

DEPLOY = Path(__file__).parents[2] / "deploy"

_FILLED_IN = {
    "PUBLIC_ADDRESS": "chat.example.org",
    "CLUSTER_SECRET": "0123456789abcdef" * 4,
    "DATABASE_PASSWORD": "abc",
}
_VARIABLE = re.compile(r"\$\{(\w+)[^}]*\}")


@dataclass(frozen=True)
class Server:
    """One server as one of the files starts it.

    Attributes:
        names: by which its peers find it.
        opened: ports that the file opens or routes to it.
    """

    role: str
    config: Config
    names: frozenset[str]
    opened: frozenset[int]

    @property
    def ports(self) -> frozenset[int]:
        """Where it listens."""
        section = getattr(self.config, self.role)
        own = {
            value
            for name, value in section
            if name in {"port", "ws_port", "http_port", "client_port", "msg_port"}
        }
        return frozenset(own | {self.config.metrics.port})

    @property
    def peers(self) -> Iterator[tuple[str, str]]:
        """Whom it connects to: the role it expects and the address."""
        if self.role != "msg":
            return
        for setting, role in PEERS.items():
            for address in getattr(self.config.msg, setting):
                yield role, address


PEERS = {
    "db_proxies": "db_proxy",
    "login_servers": "login",
    "route_servers": "route",
    "push_servers": "push",
    "file_servers": "file",
}


def compose_servers() -> list[Server]:
    """Everything that compose.yaml starts, but the database."""
    text = (DEPLOY / "compose/compose.yaml").read_text()
    file = yaml.safe_load(_VARIABLE.sub(lambda found: _FILLED_IN[found[1]], text))
    toml = (DEPLOY / "compose" / file["configs"]["hongyan"]["file"]).read_text()
    return [
        _server(service["command"], toml, service["environment"], [name], service.get("ports", []))
        for name, service in file["services"].items()
        if service["image"] == "hongyan" and "command" in service
    ]


def kubernetes_servers() -> list[Server]:
    """Every workload of the manifest, with the Secret filled in."""
    things = list(yaml.safe_load_all((DEPLOY / "kubernetes/hongyan.yaml").read_text()))
    of_kind: dict[str, list[Any]] = {}
    for thing in things:
        of_kind.setdefault(thing["kind"], []).append(thing)
    toml = of_kind["ConfigMap"][0]["data"]["hongyan.toml"]
    return [
        _workload(workload, toml, of_kind) for workload in (*of_kind["Deployment"], *of_kind["StatefulSet"])
    ]


def _workload(workload: Any, toml: str, of_kind: Mapping[str, list[Any]]) -> Server:
    labels = workload["spec"]["template"]["metadata"]["labels"]
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    secret = of_kind["Secret"][0]["stringData"] | {"HONGYAN_CLUSTER__SECRET": _FILLED_IN["CLUSTER_SECRET"]}
    environment = {entry["name"]: _value(entry["valueFrom"], secret) for entry in container["env"]}
    services = [each for each in of_kind["Service"] if each["spec"]["selector"] == labels]
    names = [each["metadata"]["name"] for each in services]
    if workload["kind"] == "StatefulSet":
        name, service = workload["metadata"]["name"], workload["spec"]["serviceName"]
        names += [f"{name}-{number}.{service}" for number in range(workload["spec"]["replicas"])]
    ports = [port["containerPort"] for port in container["ports"]]
    ports += [port["port"] for service in services for port in service["spec"]["ports"]]
    return _server(container["args"], toml, environment, names, ports)


def _value(source: Mapping[str, Any], secret: Mapping[str, str]) -> str:
    return secret[source["secretKeyRef"]["key"]] if "secretKeyRef" in source else "192.0.2.1"


def systemd_servers() -> list[Server]:
    """A server for every role that has a file of its environment."""
    toml = (DEPLOY / "systemd/hongyan.toml").read_text()
    secret = {"HONGYAN_CLUSTER__SECRET": _FILLED_IN["CLUSTER_SECRET"]}
    return [
        _server(
            ["serve", file.stem, "--config", "/etc/hongyan/hongyan.toml"],
            toml,
            secret | environment_in(file),
            ["127.0.0.1"],
            [],
        )
        for file in sorted((DEPLOY / "systemd").glob("*.env"))
        if file.stem != "secrets"
    ]


def environment_in(file: Path) -> dict[str, str]:
    """Read an environment file as systemd does."""
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def _server(
    command: list[str], toml: str, environment: Mapping[str, str], names: list[str], ports: list[Any]
) -> Server:
    serve, role, option, file = command
    assert (serve, option, file) == ("serve", "--config", "/etc/hongyan/hongyan.toml")
    layers = Layers()
    with NamedTemporaryFile("w", suffix=".toml") as copy:
        copy.write(toml)
        copy.flush()
        layers.add_toml(Path(copy.name))
    layers.add_environment(environment)
    inside = {int(str(port).rpartition(":")[2]) for port in ports}
    return Server(role, layers.build().config, frozenset(names), frozenset(inside))
