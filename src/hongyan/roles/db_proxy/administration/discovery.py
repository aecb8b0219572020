"""Discovery entries: listed and changed."""

from hongyan.administration import discovery
from hongyan.administration.discovery import Entries, Entry, EntryChange, EntryNew
from hongyan.administration.table import ById, Caller, Made, Nothing
from hongyan.roles.db_proxy.administration.desk import Desk, deed
from hongyan.roles.db_proxy.backend import now
from hongyan.store import discovery as table
from hongyan.store.discovery import EntryRow

_COLUMNS = {"name": "itemName", "url": "itemUrl", "priority": "itemPriority"}


class DiscoveryOperations:
    """Serves ``discovery.*``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        desk.on(discovery.LIST, self._list)
        desk.on(discovery.ADD, self._add)
        desk.on(discovery.EDIT, self._edit)
        desk.on(discovery.REMOVE, self._remove)

    async def _list(self, _arguments: Nothing, _caller: Caller) -> Entries:
        return Entries(entries=tuple(map(_entry, await self._desk.read(table.list_entries))))

    async def _add(self, arguments: EntryNew, caller: Caller) -> Made:
        new = arguments.name, arguments.url, arguments.priority
        done = deed(discovery.ADD, arguments, caller)
        return Made(id=await self._desk.change(done, lambda c: table.add(c, *new, now())))

    async def _edit(self, arguments: EntryChange, caller: Caller) -> Entry:
        change = arguments.change.model_dump(exclude_none=True)
        columns = {_COLUMNS[name]: value for name, value in change.items()}
        done = deed(discovery.EDIT, arguments, caller, arguments.id)
        row = await self._desk.change(done, lambda c: table.edit(c, arguments.id, columns, now()))
        return _entry(row)

    async def _remove(self, arguments: ById, caller: Caller) -> Nothing:
        done = deed(discovery.REMOVE, arguments, caller, arguments.id)
        await self._desk.change(done, lambda c: table.remove(c, arguments.id, now()))
        return Nothing()


def _entry(row: EntryRow) -> Entry:
    return Entry(id=row.entry_id, name=row.name, url=row.url, priority=row.priority)
