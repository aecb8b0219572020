"""The entry point: finds the subcommand, and turns errors into one line and an exit code."""

import gc
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NoReturn

import click

from hongyan.errors import HongyanError

FAILED: Final = 1
INTERRUPTED: Final = 130

SUBCOMMANDS: Final[dict[str, str]] = {
    "up": "Start the whole suite, in one process or in many.",
    "serve": "Run one server in its own process.",
    "status": "Show the servers, links, users and loads of a running suite.",
    "probe": "Speak to a server and say whether it answers rightly.",
    "config": "Show the settings in force; convert an original's file.",
    "chat": "Chat in the terminal.",
    "user": "Add, list and change users.",
    "department": "Add and list departments.",
    "group": "Create and list groups.",
    "admin": "Add, list and remove administrators of the console.",
    "api-key": "Make, list and revoke keys of the HTTP API.",
    "bot": "Make bots: users that are programs.",
    "webhook": "Register webhooks; send again what was given up.",
    "db": "Make, check, repair and copy the database.",
    "bench": "Measure a running suite, and check what it delivers.",
    "sniff": "Show the frames of a connection, decoded.",
}
"""Every subcommand and its line in the overview; module and attribute carry its name, with _ for -."""


class LazyGroup(click.Group):
    """A group that imports a subcommand when it is run, so that ``--help`` and ``up`` start fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the subcommands in the order of the table."""
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one subcommand."""
        if cmd_name not in SUBCOMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        with _no_garbage():
            command: click.Command = getattr(importlib.import_module(f"hongyan.cli.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview from the table, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SUBCOMMANDS.items()))


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Import without looking for garbage: modules live for ever, and looking is a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


EXAMPLES: Final = """\b
Try it:
  hongyan up --demo       a suite with a small company in it
  hongyan chat            a terminal client, in a second window

Every command has its own help: hongyan COMMAND --help"""


@click.group(cls=LazyGroup, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hongyan", message="hongyan %(version)s")
def cli() -> None:
    """Hongyan, a self-hosted instant-messaging suite that speaks the TeamTalk protocol."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    try:
        result = cli.main(arguments, prog_name="hongyan", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except HongyanError as error:
        for line in str(error).splitlines():
            click.echo(f"hongyan: {line}", err=True)
        return FAILED
    except BrokenPipeError:
        # The reader went away, as `| head` does; keep Python from complaining when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    main()
