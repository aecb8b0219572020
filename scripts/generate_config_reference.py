"""Generate docs/reference/configuration.md from the configuration model, or check that it is up to date.

Names, types, defaults and bounds come from the model itself, the words from the docstrings under its
fields. Where those are written for readers of the code, or say nothing because the name is enough there,
WORDS has the sentence for operators.

Usage: generate_config_reference.py [--check]
"""

import argparse
import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import GenericAlias
from typing import Any, Final, Literal, NamedTuple, get_args, get_origin

from annotated_types import Ge, Gt, Le, MaxLen, MinLen
from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo

from hongyan import config
from hongyan.config.toml import toml_value

TARGET: Final = Path(__file__).resolve().parent.parent / "docs/reference/configuration.md"

WORDS: Final = {
    "login.host": "Addresses to listen on for clients, HTTP and TCP alike. `hongyan up --host` sets it.",
    "login.http_port": "Clients ask here for a msg_server (`/msg_server`).",
    "login.client_port": "The same question over TCP.",
    "login.msg_host": "Addresses to listen on for msg_servers.",
    "login.msg_port": "msg_servers report here.",
    "login.msfs_url": "Told to clients: where images and avatars are stored. Must end with a slash.",
    "login.discovery_url": "Told to clients: where stock clients look for their menu of web pages.",
    "login.idle_limit_s": "How long a connection may take to ask.",
    "http_msg.host": "Addresses to listen on. The API is not encrypted: let a TLS proxy stand before it.",
    "http_msg.port": "Other systems ask here.",
    "push.host": "Addresses to listen on for msg_servers.",
    "push.port": "msg_servers send pushes here.",
    "push.apns.key_id": "The id of the signing key, ten characters.",
    "push.apns.team_id": "The id of the developer team, ten characters.",
    "push.apns.cert_key_password": "The password of `cert_key_file`, if it has one (`KeyPassword`).",
    "push.fcm.url": "Another address than Google's, such as a proxy's.",
    "push.webhook.url": "Where pushes are posted.",
    "msfs.host": "Addresses to listen on for uploads and downloads. `hongyan up --host` sets it.",
    "msfs.port": "Clients upload and fetch images here.",
    "msfs.store": "Where files are kept: on this disk, or in an object store (`[msfs.s3]`).",
    "msfs.s3.bucket": "The bucket.",
    "msfs.s3.region": "The region of the bucket.",
    "msfs.s3.secret_access_key": "The secret that belongs to `access_key_id`.",
    "msfs.thumbnail_cache_bytes": "How much memory remembered thumbnails may take.",
    "msg.host": "Addresses to listen on for clients. `hongyan up --host` sets it.",
    "msg.port": "Clients chat here; also the port that login_server tells them.",
    "msg.public_ip1": "The address told to clients. Empty means the one by which they reached login_server, "
    "which is right when both run on one machine.",
    "msg.public_ip2": "A second address told to clients, which stock clients ignore; empty means "
    "`public_ip1`.",
    "msg.max_connections": "Users at once; further logins are refused as full, and login_server sends "
    "clients elsewhere.",
    "msg.login_servers": "Every login_server; each is told how many clients are here.",
    "msg.db_proxies": "The db_proxy_servers, at least two entries; the same address may stand twice, as it "
    "does in the original's files. An embedded database has one db_proxy_server.",
    "msg.route_servers": "The route_servers; the first to answer carries messages, all keep presence.",
    "msg.limits.login_wait_s": "A connection that has not logged in by then is closed.",
    "msg.limits.idle_pc_s": "Silence after which the connection of a PC is closed.",
    "msg.limits.idle_mobile_s": "The same for a phone.",
    "msg.limits.max_frame_bytes": "A longer frame closes the connection.",
    "msg.limits.max_text_bytes": "The longest text as it is sent, which is the Base64 of its ciphertext; the "
    "tables hold 4096 characters. About 3000 bytes of UTF-8 fit.",
    "msg.limits.max_audio_bytes": "The longest voice message.",
    "msg.limits.max_write_buffer_bytes": "What may wait for a client that does not read; more closes its "
    "connection.",
    "msg.limits.max_group_members": "The longest list of members in one request.",
    "msg.limits.max_history_page": "The most messages a client may ask for at once.",
    "route.host": "Addresses to listen on for msg_servers.",
    "route.port": "msg_servers connect here.",
    "db_proxy.host": "Addresses to listen on for msg_servers.",
    "db_proxy.port": "msg_servers connect here.",
    "db_proxy.max_pending_messages": "Messages that may wait for a commit; further ones are refused as busy.",
    "db_proxy.max_pending_queries": "Other requests that may be under way; further ones are refused as busy.",
    "metrics.host": "Addresses to listen on.",
    "metrics.port": "The port of `/metrics`; every process needs its own.",
}
"""What keys mean, where their docstring in the code does not tell an operator."""

HEAD: Final = """\
# Configuration

<!-- Generated by scripts/generate_config_reference.py from src/hongyan/config/. Do not edit. -->

One TOML file, a table per role; a process reads the tables of the roles that it runs, `[cluster]`,
`[discovery]` and `[metrics]`. Every key is optional. A key that does not exist, or a value that is not
allowed, is an error that names the place, before anything starts. How the file is used:
[Configure](../how-to/configure.md).

A port of 0 takes a free one. An *address* is `host:port`; an IPv6 host stands in brackets. A *list* of hosts
is written as in `["0.0.0.0"]` and has at least one entry.
"""


class Key(NamedTuple):
    """One setting, ready to be printed."""

    path: str
    type: str
    default: str
    allowed: str
    meaning: str

    @property
    def name(self) -> str:
        """The key inside its table."""
        return self.path.rpartition(".")[2]


class Table(NamedTuple):
    """One table of the file."""

    name: str
    purpose: str
    keys: list[Key]


def docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstrings that stand under the fields of a model."""
    (definition,) = ast.parse(inspect.getsource(model)).body
    assert isinstance(definition, ast.ClassDef)  # noqa: S101 - it is the source of a class
    found: dict[str, str] = {}
    field = ""
    for statement in definition.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name)):
                field = name
            case ast.Expr(value=ast.Constant(value=str(text))) if field:
                found[field] = " ".join(text.split()).replace("``", "`")
            case _:
                field = ""
    return found


def tables(model: type[BaseModel], path: str = "") -> Iterator[Table]:
    """Yield the tables of a model in the order of the code, each before those inside it."""
    keys, inner = [], []
    words = docstrings(model)
    for name, field in model.model_fields.items():
        place = f"{path}.{name}".removeprefix(".")
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            inner.append((annotation, place))
        else:
            keys.append(_key(place, field, words.get(name)))
    if keys:
        yield Table(path, inspect.getdoc(model) or "", keys)
    for section, place in inner:
        yield from tables(section, place)


def _key(path: str, field: FieldInfo, docstring: str | None) -> Key:
    meaning = WORDS.get(path) or docstring
    if meaning is None:
        raise SystemExit(f"{path} has no docstring in hongyan.config and no entry in WORDS")
    return Key(path, _type(field.annotation), toml_value(field.default), _allowed(field), meaning)


def _type(annotation: Any) -> str:
    if isinstance(annotation, GenericAlias):
        return "list of addresses" if get_args(annotation)[0] == config.Address else "list of strings"
    if get_origin(annotation) is Literal:
        return " or ".join(f'`"{choice}"`' for choice in get_args(annotation))
    return {int: "integer", float: "number", str: "string", bool: "true or false"}[annotation]


def _allowed(field: FieldInfo) -> str:
    low = high = ""
    if isinstance(field.default, tuple):
        return "not empty" if field.metadata else ""
    unit = " characters" if isinstance(field.default, str) else ""
    for bound in field.metadata:
        match bound:
            case Gt(gt=0):
                return "above 0"
            case Ge(ge=number) | MinLen(min_length=number):
                low = f"{number:,}"
            case Le(le=number) | MaxLen(max_length=number):
                high = f"{number:,}"
            case AfterValidator():
                pass  # the docstring says in words what it checks
            case _ if getattr(bound, "pattern", ""):
                return f"matches `{bound.pattern}`"
            case _:
                raise SystemExit(f"an unknown kind of bound: {bound!r}")
    if low and high:
        return f"{low}{unit}" if low == high else f"{low} to {high}{unit}"
    return f"at least {low}{unit}" if low else ""


def page() -> str:
    """Return the whole page."""
    every = list(tables(config.Config))
    known = {key.path for table in every for key in table.keys}
    if left_over := WORDS.keys() - known:
        raise SystemExit(f"WORDS has keys that the model lacks: {', '.join(sorted(left_over))}")
    parts = [HEAD]
    for table in every:
        parts.append(f"## [{table.name}]\n\n{table.purpose.replace('``', '`')}\n")
        rows = ["| key | type | default | allowed | meaning |", "|---|---|---|---|---|"]
        rows += [
            f"| `{key.name}` | {key.type} | `{key.default}` | {key.allowed} | {key.meaning} |"
            for key in table.keys
        ]
        parts.append("\n".join(rows) + "\n")
    parts.append("## Everything with its default\n")
    parts.append("```toml\n" + "\n\n".join(map(_example, every)) + "\n```\n")
    return "\n".join(parts)


def _example(table: Table) -> str:
    return "\n".join([f"[{table.name}]", *(f"{key.name} = {key.default}" for key in table.keys)])


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail if the page is not up to date"
    )
    fresh = page()
    if not parser.parse_args().check:
        TARGET.write_text(fresh)
    elif not TARGET.exists() or TARGET.read_text() != fresh:
        raise SystemExit(f"{TARGET.name} is not what hongyan.config says; run scripts/{Path(__file__).name}")


if __name__ == "__main__":
    main()
