"""Reads an original's file for a role of ours, and says whom that role trusts then."""

import secrets
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from hongyan.config.load import Layers
from hongyan.config.teamtalk.draft import Draft
from hongyan.config.teamtalk.servers import FILE_NAMES, SERVERS, SIGNATURES
from hongyan.errors import ConfigError

CONF_SUFFIX: Final = ".conf"
"""Files that end so are taken for an original's."""

LOOPBACK: Final = ("127.0.0.1", "::1")
_SECRET: Final = ("cluster", "secret")
_TRUSTED: Final = ("cluster", "trusted_peers")


def layers_for(role: str, file: Path, environ: Mapping[str, str]) -> Layers:
    """Gather the settings of one role: from a TOML file or an original's, then from the environment.

    Raises:
        ConfigError: something cannot be read, or the file is another server's.
    """
    layers = Layers()
    if file.suffix != CONF_SUFFIX:
        layers.add_toml(file)
        layers.add_environment(environ)
        return layers
    draft = read_conf(file, role)
    for setting in draft.settings:
        line = f":{setting.line}" if setting.line else ""
        layers.set(setting.path, setting.value, f"{file}{line} ({setting.why})")
    layers.add_environment(environ)
    _trust_by_address(layers, draft)
    return layers


def read_conf(file: Path, role: str | None = None) -> Draft:
    """Read an original's file, of ``role`` or of the server that its keys tell.

    Raises:
        ConfigError: it cannot be read or used, or is another server's.
    """
    draft = Draft(file)
    told = role_of(draft)
    role = role or told
    if role is None:
        raise ConfigError(f"{file}: its keys do not tell which server it is for; say so with --role")
    if told not in {None, role}:
        raise ConfigError(f"{file}: this is a file of {told}_server, not of {role}_server")
    if role not in SERVERS:
        raise ConfigError(f"{file}: {role}: this version has no such server; there are {', '.join(SERVERS)}")
    SERVERS[role](draft)
    draft.add("metrics.port", 0, "a free one, as the original has no metrics")
    draft.finish(role)
    return draft


def role_of(draft: Draft) -> str | None:
    """Tell the role from a key that only its file has, else from the file's name."""
    found = [role for role, key in SIGNATURES.items() if draft.has(key)]
    if len(found) == 1:
        return found[0]
    return FILE_NAMES.get(draft.file.stem.rstrip("0123456789"))


def _trust_by_address(layers: Layers, draft: Draft) -> None:
    """Without a cluster secret, trust this machine and the servers that the file names.

    Originals cannot prove a secret, and their files have none. With one, from the environment, only
    those are let in without it whom the environment names.
    """
    if layers.get(_SECRET):
        return
    layers.set(_SECRET, secrets.token_hex(), "made at the start, as the original has none")
    if layers.get(_TRUSTED) is None:
        trusted = tuple(dict.fromkeys((*LOOPBACK, *_resolved(draft.peers_named))))
        layers.set(_TRUSTED, trusted, f"this machine and the servers that {draft.file} names")


def _resolved(hosts: Iterable[str]) -> list[str]:
    """Return the addresses of hosts; one that nobody knows is left to the link that will need it."""
    found: list[str] = []
    for host in dict.fromkeys(hosts):
        try:
            found += [str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
        except OSError:
            continue
    return found
