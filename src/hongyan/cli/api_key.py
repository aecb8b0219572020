"""``hongyan api-key``: what other systems use the HTTP API with."""

import json
from collections.abc import Callable
from time import time
from typing import Final

import click
from sqlalchemy import Connection

from hongyan.administration.keys import SCOPES, Scope, Token, new_token
from hongyan.cli.common import (
    F,
    Place,
    database_options,
    examples,
    json_option,
    print_json,
    print_rows,
    read_from,
    write_to,
)
from hongyan.cli.deeds import noted
from hongyan.store import api_keys
from hongyan.store.api_keys import KeyRow, NewKey
from hongyan.store.texts import check_text

DEFAULT_PER_MINUTE: Final = 600
LARGEST_PER_MINUTE: Final = 1_000_000
LONGEST_NAME: Final = 64


def per_minute_option(text: str) -> Callable[[F], F]:
    """Make the option that bounds how often the API is asked; ``text`` says what it counts."""
    return click.option(
        "--per-minute",
        type=click.IntRange(1, LARGEST_PER_MINUTE),
        default=DEFAULT_PER_MINUTE,
        show_default=True,
        help=text,
    )


@click.group("api-key")
def api_key() -> None:
    """Make, list and revoke the keys of the HTTP API.

    Works whether or not the suite is running; a running suite sees the change within seconds.
    """


@api_key.command(
    epilog=examples(
        "hongyan api-key add crm --scope users:read --scope messages:send",
        "hongyan api-key add backup --scope messages:read --per-minute 60 --json",
        "",
        f"Scopes: {', '.join(SCOPES)}",
    )
)
@click.argument("name")
@click.option(
    "--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True, help="May be repeated."
)
@per_minute_option("Requests a minute; more are refused with 429.")
@json_option
@database_options
def add(name: str, scopes: tuple[Scope, ...], per_minute: int, database: Place, *, as_json: bool) -> None:
    """Make a key and print it. It is shown this once: only a digest is kept."""
    token = new_token()
    key = NewKey(name, token.public_id, token.digest, scopes, 0, per_minute)

    def work(connection: Connection) -> KeyRow:
        check_text("a key's name", name, LONGEST_NAME)
        row = api_keys.add(connection, key, int(time()))
        noted(connection, "key.add", name, json.dumps({"scopes": row.scopes, "per_minute": per_minute}))
        return row

    _show(write_to(database, work), token, as_json=as_json)


@api_key.command("list", epilog=examples("hongyan api-key list", "hongyan api-key list --json"))
@json_option
@database_options
def list_(database: Place, *, as_json: bool) -> None:
    """List every key, the revoked ones too."""
    print_rows([row._asdict() for row in read_from(database, api_keys.list_keys)], as_json=as_json)


@api_key.command(epilog=examples("hongyan api-key revoke crm"))
@click.argument("name")
@database_options
def revoke(name: str, database: Place) -> None:
    """End a key."""

    def work(connection: Connection) -> None:
        api_keys.revoke(connection, api_keys.id_of(connection, name), int(time()))
        noted(connection, "key.revoke", name)

    write_to(database, work)
    click.echo(f"revoked {name}")


def _show(row: KeyRow, token: Token, *, as_json: bool) -> None:
    if as_json:
        print_json({"key_id": row.key_id, "name": row.name, "token": token.text})
        return
    click.echo(token.text)
    click.echo(f"key {row.name}, {', '.join(row.scopes)}; keep it, it is not shown again", err=True)
