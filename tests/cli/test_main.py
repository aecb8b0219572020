"""The entry point: exit codes, one-line errors, and no import that is not needed."""

import subprocess
import sys

import click
import pytest

from hongyan import __version__
from hongyan.cli import main
from hongyan.cli.main import SUBCOMMANDS, run
from hongyan.errors import ConfigError


def test_help_and_version_import_no_subcommand() -> None:
    script = (
        "import sys; from hongyan.cli.main import run; run(['--help']);"
        "heavy = ('textual', 'uvloop', 'sqlalchemy', 'httpx', 'hongyan.store');"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")
    assert all(name in done.stdout for name in SUBCOMMANDS)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"hongyan {__version__}\n"


@pytest.mark.parametrize("name", ["user", "department", "group", "bench", "sniff"])
def test_every_subcommand_explains_itself_as_the_overview_does(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([name, "--help"]) == 0
    assert SUBCOMMANDS[name] in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["frobnicate"], ["user", "add"], ["bench", "p2p"], ["--nonsense"]])
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "Usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (ConfigError("no such thing"), 1, "hongyan: no such thing\n"),
        (KeyboardInterrupt(), 130, ""),
        (click.Abort(), 130, ""),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(
    error: BaseException,
    code: int,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise error

    monkeypatch.setattr(main.cli, "main", fail)
    assert run(["user", "list"]) == code
    assert capsys.readouterr().err == text
