"""Several rounds of measuring made one: the median of every number."""

from statistics import median
from typing import Any, Final

FAULTS: Final = "faults"


def medians(rounds: list[Any], key: str = "") -> Any:
    """Merge rounds of one shape; faults are added up, since one is too many.

    Args:
        rounds: dicts, lists or numbers, nested alike.
        key: of which entry they are the values.
    """
    first = rounds[0]
    if isinstance(first, dict):
        return {name: medians([found[name] for found in rounds], name) for name in first}
    if isinstance(first, list):
        return [medians(list(found)) for found in zip(*rounds, strict=True)]
    return sum(rounds) if key == FAULTS else median(rounds)
