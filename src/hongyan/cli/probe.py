"""``hongyan probe``: does a server answer rightly?"""

import asyncio
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from hongyan.cli.common import config_option, data_option, examples, json_option, print_json, print_rows
from hongyan.config import Config, split_address
from hongyan.config.ports import PORTS
from hongyan.config.teamtalk.reading import CONF_SUFFIX, layers_for
from hongyan.errors import ConfigError
from hongyan.probe.checks import CHECKS, Target
from hongyan.probe.probing import check_of
from hongyan.probe.probing import probe as probe_all
from hongyan.suite.files import suite_file

ALL: Final = "all"
LOOPBACK: Final = "127.0.0.1"
ANYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not listened on
SECRET: Final = "HONGYAN_CLUSTER__SECRET"  # noqa: S105 - the name of a variable
ROLES: Final = tuple(dict.fromkeys(PORTS[name][0] for name in CHECKS if name in PORTS))


@click.command(
    epilog=examples(
        "hongyan probe all",
        "hongyan probe db_proxy --data /var/lib/hongyan",
        "hongyan probe msg --config msg.toml --json",
        "hongyan probe route --address 10.0.0.5:8200 --config route.toml",
        "hongyan probe db_proxy --config dbproxyserver.conf     an original server",
    )
)
@click.argument("role", type=click.Choice((*ROLES, ALL)))
@data_option("Folder of a suite that runs: its addresses and its cluster secret.")
@config_option("The server's file instead, a TOML or an original's .conf: its ports and the cluster secret.")
@click.option(
    "--address",
    metavar="HOST:PORT",
    help="Ask here; for login the HTTP port, for msg the TCP port.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=5.0,
    show_default=True,
    help="Seconds for each answer.",
)
@json_option
def probe(
    role: str, data_dir: Path, config_file: Path | None, address: str | None, timeout: float, *, as_json: bool
) -> int:
    """Speak to one server, or to all, and say whether it answers rightly.

    Nothing is changed, but for one small file that msfs keeps. Ports between servers are asked with the
    cluster secret; without one they are asked as an original would be, which needs an address in
    trusted_peers. The exit code is 0 when every answer was right, and 1 otherwise.
    """
    if address is not None and role == ALL:
        raise click.UsageError("--address is for one role")
    secret = os.environ.get(SECRET, "")
    if config_file is not None:
        config = _config(role, config_file)
        # An original has no secret, and the one that is made for its file is nobody's.
        secret = secret or ("" if config_file.suffix == CONF_SUFFIX else config.cluster.secret)
        found = _configured(config)
    elif address is None or not secret:
        found = _running(data_dir) if address is None else {}
        secret = secret or _secret_of(data_dir)
    else:
        found = {}
    if address is not None:
        found = {_first_check(role): _parsed(address)}
    targets = [(name, Target(*where, secret, timeout)) for name, where in _wanted(role, found)]
    if not targets:
        raise ConfigError(f"no {role} runs there")
    findings = asyncio.run(probe_all(targets))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        print_rows(
            [
                {
                    "server": finding.server,
                    "address": finding.address,
                    "": "ok" if finding.is_right else "WRONG",
                    "answer": finding.answer,
                    "ms": finding.took_ms,
                }
                for finding in findings
            ],
            as_json=False,
        )
    return 0 if all(finding.is_right for finding in findings) else 1


def _wanted(role: str, found: Mapping[str, tuple[str, int]]) -> Iterator[tuple[str, tuple[str, int]]]:
    for name, where in found.items():
        check = check_of(name)
        if check in CHECKS and check in PORTS and role in {ALL, PORTS[check][0]}:
            yield name, where


def _first_check(role: str) -> str:
    return next(name for name in CHECKS if name in PORTS and PORTS[name][0] == role)


def _config(role: str, file: Path) -> Config:
    if role == ALL and file.suffix == CONF_SUFFIX:
        raise ConfigError(f"{file}: a {CONF_SUFFIX} is for one server; name its role")
    return layers_for(role, file, os.environ).build().config


def _configured(config: Config) -> dict[str, tuple[str, int]]:
    """Return where each server listens according to its section."""
    return {
        name: (_host(config, name), getattr(getattr(config, section), field))
        for name, (section, field) in PORTS.items()
        if name != "msg_ws" or config.msg.websocket
    }


def _host(config: Config, name: str) -> str:
    section = getattr(config, PORTS[name][0])
    hosts = section.msg_host if name == "login_msg" else section.host
    return LOOPBACK if hosts[0] in ANYWHERE else str(hosts[0])


def _running(data_dir: Path) -> dict[str, tuple[str, int]]:
    path = suite_file(data_dir)
    try:
        addresses: dict[str, str] = json.loads(path.read_text())
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}; no suite runs on this folder. Name another with --data, "
            "or a server's file with --config"
        ) from error
    found = {name: split_address(address) for name, address in addresses.items()}
    return {name: (LOOPBACK if host in ANYWHERE else host, port) for name, (host, port) in found.items()}


def _secret_of(data_dir: Path) -> str:
    path = data_dir / "cluster_secret"
    return path.read_text().strip() if path.exists() else ""


def _parsed(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise click.BadParameter(f"{address!r}: must be HOST:PORT", param_hint="--address")
    return split_address(address)
