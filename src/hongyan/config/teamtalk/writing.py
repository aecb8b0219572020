"""Writes what was read from an original's file as TOML, with comments on what has no counterpart."""

from collections.abc import Iterator
from itertools import groupby

from hongyan.config.secrets import masked
from hongyan.config.sections import dotted
from hongyan.config.teamtalk.draft import Draft, Setting
from hongyan.config.teamtalk.reading import LOOPBACK
from hongyan.config.toml import toml_value

CLUSTER = """\
[cluster]
# Every server of ours needs the same secret, here or in HONGYAN_CLUSTER__SECRET. Make one with:
#   python3 -c 'import secrets; print(secrets.token_hex())'
# secret = ""
# Originals cannot prove a secret. Name the address of each that is to take part, and of nobody else;
# those that the file names are here. Take them out as you replace them.
"""


def to_toml(draft: Draft) -> str:
    """Return the text of a file of ours."""
    peers = tuple(dict.fromkeys(LOOPBACK[0] if host == "localhost" else host for host in draft.peers_named))
    parts = [
        f"# Converted from {draft.file.name}. Behind each setting stands its key there, or the reason.\n",
        f"{CLUSTER}trusted_peers = {toml_value(peers)}\n",
        *_tables(draft.settings),
    ]
    if draft.notes:
        parts.append("# Without a counterpart:\n" + "".join(_notes(draft)))
    return "\n".join(parts)


def _tables(settings: list[Setting]) -> Iterator[str]:
    ordered = sorted(settings, key=lambda setting: setting.path[:-1])
    for table, group in groupby(ordered, key=lambda setting: setting.path[:-1]):
        yield f"[{dotted(table)}]\n" + "".join(
            f"{each.path[-1]} = {toml_value(each.value)}  # {each.why}\n" for each in group
        )


def _notes(draft: Draft) -> Iterator[str]:
    for entry, why in sorted(draft.notes, key=lambda note: note[0].line):
        value = masked((_snake(entry.key),), entry.value)
        yield f"#   line {entry.line}: {entry.key} = {value}: {why}\n"


def _snake(key: str) -> str:
    """Write ``aesKey`` as ``aes_key``, which the rule for secrets reads."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key).lstrip("_")
