"""Settings in environment variables: ``HONGYAN_MSG__LIMITS__IDLE_PC_S=60`` is ``msg.limits.idle_pc_s``."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_origin

from pydantic import BaseModel

from hongyan.config.sections import Path, field_at
from hongyan.errors import ConfigError

PREFIX: Final = "HONGYAN_"
SEPARATOR: Final = "__"


def variable_of(path: Path) -> str:
    """Return the name of the variable that sets ``path``."""
    return PREFIX + SEPARATOR.join(path).upper()


def settings_in_environment(
    model: type[BaseModel], environ: Mapping[str, str]
) -> Iterator[tuple[Path, Any, str]]:
    """Yield path, value and variable. Variables without a double underscore are not settings.

    Raises:
        ConfigError: a list that cannot be read.
    """
    for name in sorted(environ):
        if name.startswith(PREFIX) and SEPARATOR in name:
            path = tuple(name.removeprefix(PREFIX).lower().split(SEPARATOR))
            yield path, _read(model, path, environ[name], name), name


def _read(model: type[BaseModel], path: Path, text: str, name: str) -> Any:
    """Read a list as TOML or with commas, a table as TOML; everything else the model reads itself."""
    field = field_at(model, path)
    kind = None if field is None else get_origin(field.annotation) or field.annotation
    if text.startswith(("[", "{")) and kind is not str:
        return _toml(text, name)
    if kind in {tuple, list, frozenset}:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _toml(text: str, name: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f'{name}: must be a value as in TOML, such as ["a", "b"]: {error}') from error
