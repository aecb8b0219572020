"""``hongyan bot``: users that are programs."""

from time import time

import click
from sqlalchemy import Connection

from hongyan.administration.keys import BOT_SCOPES, new_token
from hongyan.cli.api_key import per_minute_option
from hongyan.cli.common import Place, database_options, examples, json_option, print_json, write_to
from hongyan.cli.deeds import noted
from hongyan.store.api_keys import KeyRow, NewKey
from hongyan.store.bots import add_bot


@click.group()
def bot() -> None:
    """Make bots: users with a token in the place of a password.

    With the token a bot uses the HTTP API, or logs in as any client does. `hongyan user disable` and
    `hongyan api-key revoke` with its name end it. Works whether or not the suite is running.
    """


@bot.command(epilog=examples("hongyan bot add echo --nick Echo"))
@click.argument("name")
@click.option("--nick", default="", help="The name that others see.  [default: NAME]")
@per_minute_option("Requests to the HTTP API a minute.")
@json_option
@database_options
def add(name: str, nick: str, per_minute: int, database: Place, *, as_json: bool) -> None:
    """Make a bot and print its token. It is shown this once: only digests are kept."""
    token = new_token()
    hashed = database.hash_password(token.text)
    key = NewKey(name, token.public_id, token.digest, BOT_SCOPES, 0, per_minute)

    def work(connection: Connection) -> KeyRow:
        row = add_bot(connection, key, nick=nick, slow_hash=hashed, now=int(time()))
        noted(connection, "bot.add", name)
        return row

    row = write_to(database, work)
    if as_json:
        print_json({"user_id": row.user_id, "name": row.name, "token": token.text})
        return
    click.echo(token.text)
    click.echo(f"user {row.user_id}, {name}; keep the token, it is not shown again", err=True)
