"""Finds settings in the model by their path, such as ``("msg", "limits", "idle_pc_s")``."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Path = tuple[str, ...]


def dotted(path: Path) -> str:
    """Write a path as it stands in documentation: ``msg.limits.idle_pc_s``."""
    return ".".join(path)


def section_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """Return the section at ``path``; None when there is none, or a setting."""
    for name in path:
        field = model.model_fields.get(name)
        inner = None if field is None else as_section(field)
        if inner is None:
            return None
        model = inner
    return model


def field_at(model: type[BaseModel], path: Path) -> FieldInfo | None:
    """Return the field of the setting at ``path``."""
    section = section_at(model, path[:-1])
    return None if section is None or not path else section.model_fields.get(path[-1])


def as_section(field: FieldInfo) -> type[BaseModel] | None:
    """Return the class of a field that is a table of the file."""
    annotation = field.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return None


def settings_in(
    model: type[BaseModel], data: Mapping[str, Any], path: Path = ()
) -> Iterator[tuple[Path, Any]]:
    """Yield the settings in nested tables; what the model does not know is yielded where it begins."""
    for key, value in data.items():
        field = model.model_fields.get(key)
        section = None if field is None else as_section(field)
        if section is not None and isinstance(value, Mapping):
            yield from settings_in(section, value, (*path, key))
        else:
            yield (*path, key), value


def settings_of(section: BaseModel, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every setting of a section that is in force, tables inside it last."""
    inner = []
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            inner.append((value, (*path, name)))
        else:
            yield (*path, name), value
    for table, place in inner:
        yield from settings_of(table, place)
