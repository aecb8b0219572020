"""Users from a CSV file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Cli

Listed = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


def test_all_users_of_a_good_file(cli: Cli, listed: Listed, file: Path) -> None:
    cli("department", "add", "Sales")
    # With the mark that spreadsheets write, and in an order of their own.
    file.write_text("\ufeffpassword,Name,sex,department\np1,anna,f,Sales\np2,王伟,男,\n", encoding="utf-8")
    assert cli("user", "import", str(file), "--dry-run").out == "2 users would be imported\n"
    assert listed("user") == []
    assert cli("user", "import", str(file)).out == "2 users imported\n"
    assert [(row["name"], row["sex"], row["department"]) for row in listed("user")] == [
        ("anna", "female", "Sales"),
        ("王伟", "male", ""),
    ]


@pytest.mark.parametrize("dry_run", [(), ("--dry-run",)])
def test_every_fault_has_its_line_and_nothing_is_imported(
    cli: Cli, listed: Listed, file: Path, dry_run: tuple[str, ...]
) -> None:
    file.write_text("name,password,sex,department\ngood,p,,\n,p,,\nanna,,x,\nbob,p,,Nowhere\nshort,p\n")
    outcome = cli("user", "import", str(file), *dry_run)
    assert outcome.code == 1
    assert outcome.err.splitlines() == [
        f"{file}:3: the name is empty",
        f"{file}:4: the password is empty",
        f"{file}:4: sex 'x': write male, female or unknown",
        f"{file}:5: there is no department 'Nowhere'",
        f"{file}:6: this line has another number of columns than the first",
        "hongyan: 5 faults; nothing was imported",
    ]
    assert listed("user") == []


def test_what_the_database_refuses_has_its_line_too(cli: Cli, listed: Listed, file: Path) -> None:
    cli("user", "add", "anna", "--password", "pw")
    file.write_text(f"name,password,phone\nbob,p,\nanna,p,\nbob,p,\n{'x' * 33},p,\ncarol,p,123456789012\n")
    lines = cli("user", "import", str(file)).err.splitlines()
    assert [line.removeprefix(f"{file}:").partition(":")[0] for line in lines[:-1]] == ["3", "4", "5", "6"]
    assert lines[0] == f"{file}:3: the name 'anna' is taken"
    assert [row["name"] for row in listed("user")] == ["anna"]


@pytest.mark.parametrize("text", ["", "name\nanna\n", "name,password,age\n", "name,name,password\n"])
def test_a_wrong_header_is_said_in_one_line(cli: Cli, file: Path, text: str) -> None:
    file.write_text(text)
    outcome = cli("user", "import", str(file))
    assert outcome.code == 1
    assert outcome.err.startswith(f"hongyan: {file}:1: the columns must be name, password")


def test_bytes_that_are_no_text_are_said_in_one_line(cli: Cli, file: Path) -> None:
    file.write_bytes(b"name,password\n\xff\xfe,p\n")
    assert cli("user", "import", str(file)).err.startswith(f"hongyan: {file}: ")
