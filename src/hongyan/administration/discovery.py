"""Operations on discovery entries: the links that phones show."""

from typing import Annotated, Final

from pydantic import Field

from hongyan.administration.table import LINE, ById, Id, Made, Model, Nothing, operation

EntryName = Annotated[str, Field(pattern=LINE, max_length=64)]
EntryUrl = Annotated[str, Field(pattern=r"^https?://[^\s\x00-\x20\x7f-\x9f]+$", max_length=64)]
EntryPriority = Annotated[int, Field(ge=0, le=1_000_000)]


class Entry(Model):
    """A discovery entry."""

    id: int
    name: str
    url: str
    priority: int


class Entries(Model):
    """Every entry, as stored."""

    entries: tuple[Entry, ...]


class EntryNew(Model):
    """An entry to be made."""

    name: EntryName
    url: EntryUrl
    priority: EntryPriority = 0


class EntryEdit(Model):
    """What to change of an entry; what is left out stays."""

    name: EntryName | None = None
    url: EntryUrl | None = None
    priority: EntryPriority | None = None


class EntryChange(Model):
    """A change of one entry."""

    id: Id
    change: EntryEdit


LIST: Final = operation("discovery.list", Nothing, Entries)
ADD: Final = operation("discovery.add", EntryNew, Made)
EDIT: Final = operation("discovery.edit", EntryChange, Entry)
REMOVE: Final = operation("discovery.remove", ById, Nothing)
