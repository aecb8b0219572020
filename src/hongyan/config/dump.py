"""Writes a configuration as a TOML file that reads as the same configuration."""

from collections.abc import Collection
from itertools import groupby

from hongyan.config.model import Config
from hongyan.config.sections import dotted, settings_of
from hongyan.config.toml import toml_value


def to_toml(config: Config, sections: Collection[str]) -> str:
    """Return the text of a file with every setting of some sections, defaults included."""
    tables = []
    for name in sections:
        settings = settings_of(getattr(config, name), (name,))
        for table, group in groupby(settings, key=lambda setting: setting[0][:-1]):
            lines = [f"{path[-1]} = {toml_value(value)}\n" for path, value in group if value is not None]
            tables.append(f"[{dotted(table)}]\n{''.join(lines)}")
    return "\n".join(tables)
