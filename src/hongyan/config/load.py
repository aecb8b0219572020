"""Reads the configuration: defaults, then the file, then the environment, then options."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from hongyan.config import sections
from hongyan.config.environment import settings_in_environment
from hongyan.config.faults import describe
from hongyan.config.lines import lines_of
from hongyan.config.model import Config
from hongyan.errors import ConfigError

DEFAULT: Final = "default"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration in force.

    Attributes:
        config: the settings.
        origins: where each setting that is not a default was written.
    """

    config: Config
    origins: Mapping[sections.Path, str]

    def origin(self, path: sections.Path) -> str:
        """Say where the setting at ``path`` comes from."""
        return self.origins.get(path, DEFAULT)


class Layers:
    """Gathers settings, later ones over earlier ones, and remembers where each was written."""

    def __init__(self) -> None:
        self._settings: dict[sections.Path, Any] = {}
        self._origins: dict[sections.Path, str] = {}

    def set(self, path: sections.Path, value: Any, origin: str) -> None:
        """Set one setting."""
        self._settings[path] = value
        self._origins[path] = origin

    def get(self, path: sections.Path) -> Any:
        """Return what the setting is so far; None when nobody set it."""
        return self._settings.get(path)

    def add_toml(self, file: Path) -> None:
        """Add what stands in a TOML file.

        Raises:
            ConfigError: it cannot be read.
        """
        text, data = _parse(file)
        lines = lines_of(text)
        for path, value in sections.settings_in(Config, data):
            line = next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), 1)
            self.set(path, value, f"{file}:{line}")

    def add_environment(self, environ: Mapping[str, str]) -> None:
        """Add what stands in environment variables.

        Raises:
            ConfigError: a value cannot be read.
        """
        for path, value, name in settings_in_environment(Config, environ):
            self.set(path, value, name)

    def build(self) -> Loaded:
        """Check everything together.

        Raises:
            ConfigError: something cannot be used; a line for each fault.
        """
        try:
            config = Config.model_validate(self._nested())
        except ValidationError as error:
            raise ConfigError("\n".join(describe(Config, error, self._place_of))) from error
        return Loaded(config, dict(self._origins))

    def _nested(self) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for path, value in sorted(self._settings.items(), key=lambda setting: len(setting[0])):
            table = data
            for name in path[:-1]:
                inner = table.setdefault(name, {})
                if not isinstance(inner, dict):
                    raise ConfigError(
                        f"{self._place_of(path)}: {sections.dotted(path)}: there is no such key"
                    )
                table = inner
            table[path[-1]] = value
        return data

    def _place_of(self, path: sections.Path) -> str:
        """Say where a fault is: at the setting, or at the first one of a table that is wrong as a whole."""
        for end in range(len(path), 0, -1):
            if path[:end] in self._origins:
                return self._origins[path[:end]]
        return next((place for at, place in self._origins.items() if at[: len(path)] == path), "")


def load_config(file: Path | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """Read a TOML file, if one is given, and the environment.

    Raises:
        ConfigError: something cannot be read or used; a line for each fault says what, where and what
            is allowed.
    """
    layers = Layers()
    if file is not None:
        layers.add_toml(file)
    layers.add_environment(environ)
    return layers.build().config


def _parse(file: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = file.read_bytes().decode()
        return text, tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: not TOML: {error}") from error
