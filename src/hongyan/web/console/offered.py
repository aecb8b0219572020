"""Which operations of the table the console offers, and what else happens after some of them."""

from typing import Any, Final

import structlog

from hongyan.administration import admins, departments, discovery, groups, keys, users, webhooks
from hongyan.administration.groups import GroupDetail, MembersChanged
from hongyan.administration.live import Live
from hongyan.administration.table import Model, Operation
from hongyan.administration.users import UserChange, UserPassword
from hongyan.errors import RefusedError

_log = structlog.get_logger("hongyan.console")

OFFERED: Final[dict[str, Operation[Any, Any]]] = {
    operation.name: operation
    for operation in (
        users.FIND,
        users.GET,
        users.NAMES,
        users.ADD,
        users.EDIT,
        users.PASSWORD,
        users.IMPORT,
        departments.LIST,
        departments.ADD,
        departments.EDIT,
        departments.REMOVE,
        groups.FIND,
        groups.GET,
        groups.ADD,
        groups.EDIT,
        groups.REMOVE,
        groups.ADD_MEMBERS,
        groups.REMOVE_MEMBERS,
        discovery.LIST,
        discovery.ADD,
        discovery.EDIT,
        discovery.REMOVE,
        keys.LIST,
        keys.ADD,
        keys.REVOKE,
        keys.ADD_BOT,
        webhooks.LIST,
        webhooks.ADD,
        webhooks.EDIT,
        webhooks.REMOVE,
        webhooks.DELIVERIES,
        webhooks.RESEND,
        admins.AUDIT,
    )
}
"""By name. What people wrote to each other is not among them, nor what servers ask of each other."""


def follow_up(operation: Operation[Any, Any], arguments: Model, result: Model, live: Live) -> None:
    """Tell the msg_servers of a change that concerns who is online now.

    Without route_server there is nobody to tell; what was changed stays changed.
    """
    try:
        _follow_up(operation, arguments, result, live)
    except RefusedError as error:
        _log.warning("the msg_servers were not told", operation=operation.name, error=str(error))


def _follow_up(operation: Operation[Any, Any], arguments: Model, result: Model, live: Live) -> None:
    is_disabled = isinstance(arguments, UserChange) and arguments.change.active is False
    if is_disabled or isinstance(arguments, UserPassword):
        live.kick(arguments.id)  # type: ignore[attr-defined] # both say whose
    elif isinstance(result, GroupDetail) and operation is groups.ADD:
        live.tell_of_group(result)
    elif isinstance(result, MembersChanged):
        live.tell_members(result, added=operation is groups.ADD_MEMBERS)
