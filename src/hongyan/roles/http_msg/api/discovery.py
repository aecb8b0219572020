"""Discovery entries: the links that phones show."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter

from hongyan.administration import discovery
from hongyan.administration.discovery import Entries, Entry, EntryChange, EntryEdit, EntryNew
from hongyan.administration.table import ById, Made, Nothing
from hongyan.roles.http_msg.api.asking import Asker, may
from hongyan.roles.http_msg.api.parameters import EntryId

router = APIRouter(prefix="/discovery", tags=["discovery"])
Writer = Annotated[Asker, may("discovery:write")]


@router.get("")
async def list_discovery(asker: Writer) -> Entries:
    """List the entries."""
    return await asker.call(discovery.LIST, Nothing())


@router.post("", status_code=HTTPStatus.CREATED)
async def add_discovery(asker: Writer, entry: EntryNew) -> Made:
    """Make an entry."""
    return await asker.call(discovery.ADD, entry)


@router.patch("/{entry_id}")
async def edit_discovery(asker: Writer, entry_id: EntryId, change: EntryEdit) -> Entry:
    """Change an entry."""
    return await asker.call(discovery.EDIT, EntryChange(id=entry_id, change=change))


@router.delete("/{entry_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_discovery(asker: Writer, entry_id: EntryId) -> None:
    """Remove an entry."""
    await asker.call(discovery.REMOVE, ById(id=entry_id))
