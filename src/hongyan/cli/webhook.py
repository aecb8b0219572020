"""``hongyan webhook``: who is told of events, and what could not be told."""

import re
from time import time
from typing import Final

import click
from sqlalchemy import Connection

from hongyan.administration.webhooks import URL_PATTERN
from hongyan.cli.common import (
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
from hongyan.rules.webhooks import EVENTS, new_secret
from hongyan.store import deliveries, webhooks
from hongyan.store.deliveries import DeliveryRow
from hongyan.store.texts import check_text
from hongyan.store.webhooks import DEAD, NewWebhook, WebhookRow

LONGEST_NAME: Final = 64
LONGEST_URL: Final = 512
MAX_LISTED: Final = 1000


@click.group()
def webhook() -> None:
    """Register and list webhooks; look at what was given up, and send it again.

    Works whether or not the suite is running; a running suite sees the change within seconds.
    """


@webhook.command(
    epilog=examples(
        "hongyan webhook add crm https://crm.example.org/hook --event message --event login",
        "hongyan webhook add echo http://127.0.0.1:9000/ --event message --user 17",
    )
)
@click.argument("name")
@click.argument("url")
@click.option(
    "--event", "events", type=click.Choice(EVENTS), multiple=True, required=True, help="May be repeated."
)
@click.option(
    "--user", "user_id", type=click.IntRange(min=1), help="Only what concerns this user, such as a bot."
)
@json_option
@database_options
def add(
    name: str, url: str, events: tuple[str, ...], user_id: int | None, database: Place, *, as_json: bool
) -> None:
    """Register a webhook and print the secret that signs what it is sent. It is shown this once."""
    if not re.match(URL_PATTERN, url) or len(url) > LONGEST_URL:
        raise click.BadParameter("must begin with http:// or https:// and a host", param_hint="URL")
    secret = new_secret()
    new = NewWebhook(name, url, secret, tuple(dict.fromkeys(events)), user_id or 0)

    def work(connection: Connection) -> WebhookRow:
        check_text("a webhook's name", name, LONGEST_NAME)
        row = webhooks.add(connection, new, int(time()))
        noted(connection, "webhook.add", name)
        return row

    row = write_to(database, work)
    if as_json:
        print_json({"id": row.webhook_id, "name": row.name, "secret": secret})
        return
    click.echo(secret)
    click.echo(f"webhook {row.webhook_id}, {name}; keep the secret, it is not shown again", err=True)


@webhook.command("list", epilog=examples("hongyan webhook list", "hongyan webhook list --json"))
@json_option
@database_options
def list_(database: Place, *, as_json: bool) -> None:
    """List every webhook, what waits for it and how much was given up."""
    print_rows([row._asdict() for row in read_from(database, webhooks.list_webhooks)], as_json=as_json)


@webhook.command(epilog=examples("hongyan webhook remove 3"))
@click.argument("webhook_id", type=click.IntRange(min=1))
@database_options
def remove(webhook_id: int, database: Place) -> None:
    """Remove a webhook, with everything that waits for it."""

    def work(connection: Connection) -> None:
        webhooks.remove(connection, webhook_id)
        noted(connection, "webhook.remove", webhook_id)

    write_to(database, work)
    click.echo(f"removed webhook {webhook_id}")


@webhook.command(epilog=examples("hongyan webhook dead 3", "hongyan webhook dead 3 --json"))
@click.argument("webhook_id", type=click.IntRange(min=1))
@json_option
@database_options
def dead(webhook_id: int, database: Place, *, as_json: bool) -> None:
    """List what was given up, newest first, and why; the events' texts are left out."""

    def work(connection: Connection) -> list[DeliveryRow]:
        webhooks.get(connection, webhook_id)
        return deliveries.find(connection, webhook_id, DEAD, 0, MAX_LISTED)

    rows = read_from(database, work)
    shown = ("delivery_id", "event", "attempts", "created", "error")
    print_rows([{name: getattr(row, name) for name in shown} for row in rows], as_json=as_json)


@webhook.command(epilog=examples("hongyan webhook resend 3", "hongyan webhook resend 3 17 18"))
@click.argument("webhook_id", type=click.IntRange(min=1))
@click.argument("delivery_ids", type=click.IntRange(min=1), nargs=-1)
@database_options
def resend(webhook_id: int, delivery_ids: tuple[int, ...], database: Place) -> None:
    """Put what was given up back into the queue: all of it, or the deliveries that are named."""

    def work(connection: Connection) -> int:
        webhooks.get(connection, webhook_id)
        count = deliveries.resend(connection, webhook_id, delivery_ids, int(time()))
        noted(connection, "webhook.resend", webhook_id)
        return count

    count = write_to(database, work)
    click.echo(f"{count} will be sent again")
