"""Reads the configuration from a file, with one line about everything that is wrong with it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from hongyan.config.model import Config
from hongyan.errors import ConfigError


def load_config(path: Path) -> Config:
    """Read a TOML file.

    Raises:
        ConfigError: it cannot be read or used; one line says what, where and what is allowed.
    """
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{path}: {describe(error)}") from error


def override(config: Config, changes: Mapping[str, Mapping[str, object]]) -> Config:
    """Return ``config`` with some settings replaced, by section and key; checked like a file.

    Raises:
        ConfigError: the outcome cannot be used.
    """
    data = config.model_dump(exclude_unset=True)
    for section, settings in changes.items():
        data.setdefault(section, {}).update(settings)
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError(describe(error)) from error


def describe(error: ValidationError) -> str:
    """Put every fault into one line: its place and what is allowed there."""
    faults = []
    for fault in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in fault["loc"]) or "file"
        faults.append(f"{place}: {fault['msg']}")
    return "; ".join(faults)
