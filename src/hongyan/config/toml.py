"""Writes values as they stand in a TOML file."""

import json
from collections.abc import Mapping
from typing import Any


def toml_value(value: Any) -> str:
    """Write a string, a number, a truth value, a list or a table."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False)  # TOML's basic strings escape as JSON does
        case Mapping():
            return (
                "{"
                + ", ".join(f"{json.dumps(key)} = {toml_value(each)}" for key, each in value.items())
                + "}"
            )
        case list() | tuple() | set() | frozenset():
            return "[" + ", ".join(map(toml_value, value)) + "]"
        case _:
            return str(value)
