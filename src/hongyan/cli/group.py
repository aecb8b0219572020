"""``hongyan group``: conversations of more than two."""

import json
from functools import partial
from time import time

import click
from sqlalchemy import Connection, select

from hongyan.cli.common import Place, database_options, examples, json_option, print_rows, read_from, write_to
from hongyan.cli.deeds import noted
from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import group_events, webhooks
from hongyan.store.accounts import credentials
from hongyan.store.groups import NORMAL, TEMPORARY
from hongyan.store.outbox import Outbox
from hongyan.store.teamtalk import GROUP, GROUP_MEMBER, USER

TYPES = {"normal": NORMAL, "temporary": TEMPORARY}


@click.group()
def group() -> None:
    """Create and list groups.

    Works whether or not the suite is running. Who is online sees a new group at the next login, or at the
    first message in it; one that is made in the admin console or over the HTTP API shows at once.
    """


@group.command(epilog=examples("hongyan group create Sales --members anna,bob,王伟 --creator anna"))
@click.argument("name")
@click.option("--members", required=True, help="Names of users, with commas between.")
@click.option("--creator", default="", help="Who may change a normal group.  [default: the first member]")
@click.option(
    "--type",
    "kind",
    type=click.Choice(list(TYPES)),
    default="normal",
    show_default=True,
    help="Clients list normal groups; temporary ones show when something is written.",
)
@database_options
def create(name: str, members: str, creator: str, kind: str, database: Place) -> None:
    """Create a group; the creator is a member too."""
    names = [member.strip() for member in members.split(",") if member.strip()]
    if not names:
        raise click.UsageError("--members names nobody")
    work = partial(_create, name=name, members=names, creator=creator or names[0], kind=TYPES[kind])
    click.echo(f"created {name} with id {write_to(database, work)}")
    click.echo("members who are online see it at their next login, or at the first message in it", err=True)


@group.command("list", epilog=examples("hongyan group list", "hongyan group list --json"))
@json_option
@database_options
def list_(database: Place, *, as_json: bool) -> None:
    """List every group and its members."""
    print_rows(read_from(database, _list), as_json=as_json)


def _create(connection: Connection, name: str, members: list[str], creator: str, kind: int) -> int:
    creator_id = _id_of(connection, creator)
    ids = [creator_id, *(_id_of(connection, member) for member in members)]
    outbox = Outbox()
    outbox.watch(*webhooks.active_hooks(connection))
    group_id = group_events.create(
        connection, outbox, name=name, group_type=kind, member_ids=ids, by=creator_id, now=int(time())
    )
    noted(connection, "group.add", group_id, json.dumps({"name": name, "member_ids": ids}))
    return group_id


def _id_of(connection: Connection, name: str) -> int:
    found = credentials(connection, name)
    if found is None:
        raise RefusedError(ErrorCode.NOT_FOUND, f"there is no user {name!r}")
    return found.user_id


def _list(connection: Connection) -> list[dict[str, object]]:
    belongs = GROUP_MEMBER.join(USER, USER.c.id == GROUP_MEMBER.c.userId)
    names = select(GROUP_MEMBER.c.groupId, USER.c.name).select_from(belongs).where(GROUP_MEMBER.c.status == 0)
    members: dict[int, list[str]] = {}
    for group_id, name in connection.execute(names.order_by(USER.c.id)):
        members.setdefault(group_id, []).append(name)
    columns = (GROUP.c.id, GROUP.c.name, GROUP.c.type, USER.c.name)
    rows = select(*columns).outerjoin_from(GROUP, USER, USER.c.id == GROUP.c.creator)
    kinds = {number: kind for kind, number in TYPES.items()}
    return [
        {
            "group_id": group_id,
            "name": name,
            "type": kinds.get(kind, str(kind)),
            "creator": creator or "",
            "members": members.get(group_id, []),
        }
        for group_id, name, kind, creator in connection.execute(
            rows.where(GROUP.c.status == 0).order_by(GROUP.c.id)
        )
    ]
