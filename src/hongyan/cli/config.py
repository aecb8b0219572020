"""``hongyan config``: what is in force, and where it comes from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from hongyan.cli.common import examples, json_option, print_rows
from hongyan.cli.configuring import suite_options
from hongyan.config import Config, Layers, Loaded
from hongyan.config.secrets import masked
from hongyan.config.sections import dotted, settings_of
from hongyan.config.teamtalk.reading import read_conf
from hongyan.config.teamtalk.servers import SERVERS
from hongyan.config.teamtalk.writing import to_toml
from hongyan.config.toml import toml_value
from hongyan.errors import ConfigError

SHARED: Final = ("cluster", "discovery", "metrics")
"""The sections that every role reads beside its own."""
SUITE: Final = "supervisor"
ROLES: Final = tuple(name for name in Config.model_fields if name not in {*SHARED, SUITE})


@click.group(epilog=examples("hongyan config show msg --config msg.toml"))
def config() -> None:
    """Show the settings in force; convert an original's file."""


@config.command(
    epilog=examples(
        "hongyan config show msg --config hongyan.toml",
        "HONGYAN_MSG__PORT=8010 hongyan config show msg",
        "hongyan config show all --host 0.0.0.0 --port msg=8010",
    )
)
@click.argument("role", type=click.Choice((*ROLES, "all")))
@suite_options
@json_option
def show(role: str, layers: Layers, data_dir: object, *, as_json: bool) -> None:
    """Print the settings that a role would start with, and where each comes from.

    A value comes from the option, else the environment variable, else the file, else it is a
    default. Secrets and passwords are printed as ***.
    """
    del data_dir
    loaded = layers.build()
    wanted = (*ROLES, *SHARED, SUITE) if role == "all" else (role, *SHARED)
    print_rows([*_rows(loaded, wanted, as_json=as_json)], as_json=as_json)


@config.command(
    epilog=examples(
        "hongyan config convert msgserver.conf > msg.toml",
        "hongyan config convert dbproxyserver.conf -o db_proxy.toml",
    )
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--role", type=click.Choice(tuple(SERVERS)), help="Whose file it is.  [default: what its keys tell]"
)
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write there, readable by you only.",
)
def convert(file: Path, role: str | None, target: Path | None) -> None:
    """Turn a configuration file of an original server into TOML.

    Behind each setting stands the key that it was read from, and at the end what has no counterpart,
    with the reason. The file is read as the original reads it: the first of two equal keys wins, a #
    begins a comment even inside a value, numbers end at the first letter.
    """
    text = to_toml(read_conf(file, role))
    if target is None:
        click.echo(text, nl=False)
        return
    try:
        target.touch(mode=0o600)
        target.write_text(text)
    except OSError as error:
        raise ConfigError(f"{target}: {error.strerror}") from error


def _rows(loaded: Loaded, wanted: tuple[str, ...], *, as_json: bool) -> Iterator[dict[str, Any]]:
    for path, value in settings_of(loaded.config):
        if path[0] in wanted:
            shown = masked(path, value)
            yield {
                "setting": dotted(path),
                "value": shown if as_json else toml_value(shown),
                "from": loaded.origin(path),
            }
