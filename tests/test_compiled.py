"""Compiled modules are used when they fit, and Hongyan runs without them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import compile_hot_path
import pytest

from hongyan import compiled

SOURCE = "wire/frame.py"
FILES = {"hongyan.wire.frame": "hongyan/wire/frame.so"}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of one source, and a process that has not looked for compiled modules yet."""
    (tmp_path / "wire").mkdir()
    (tmp_path / SOURCE).write_text("made_of = 1\n")
    monkeypatch.setattr(compiled, "PACKAGE", tmp_path)
    monkeypatch.setattr(compiled, "LIST", tmp_path / "modules.json")
    others = [finder for finder in sys.meta_path if not isinstance(finder, compiled.CompiledModules)]
    monkeypatch.setattr(sys, "meta_path", others)
    monkeypatch.delenv(compiled.SWITCH, raising=False)
    return tmp_path


def note_compiled(package: Path, python: str | None = None) -> None:
    """What the script writes when it has compiled the source as it is now."""
    sources = compiled.digests([SOURCE])
    found = {"python": python or compiled.python_tag(), "sources": sources, "files": FILES}
    (package / "modules.json").write_text(json.dumps(found))


def where_frames_come_from(**environment: str) -> str:
    """In a process of its own: which file the frames are imported from."""
    code = "import hongyan.wire.frame as frame; print(frame.__file__)"
    ours = {name: value for name, value in os.environ.items() if name != compiled.SWITCH}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=ours | environment, check=True, capture_output=True, text=True
    )
    return ran.stdout.strip()


def test_what_is_installed_here_is_compiled() -> None:
    if not compile_hot_path.has_compiler():
        text = "there is no C compiler: run scripts/install_test_servers.sh"
        pytest.fail(text) if os.environ.get("CI") == "true" else pytest.skip(text)
    assert where_frames_come_from().endswith(compiled.python_tag())


def test_without_it_the_sources_run() -> None:
    assert where_frames_come_from(**{compiled.SWITCH: "0"}).endswith("frame.py")


def test_every_source_that_is_compiled_is_listed_and_there() -> None:
    assert "" not in compiled.digests(compile_hot_path.SOURCES).values()
    assert list(compile_hot_path.SOURCES) == sorted(set(compile_hot_path.SOURCES))


def test_what_fits_is_found(package: Path) -> None:
    note_compiled(package)
    compiled.use_compiled()
    assert compiled.are_used()
    spec = sys.meta_path[0].find_spec("hongyan.wire.frame", None)
    assert spec is not None
    assert spec.origin == str(compiled.FOLDER / FILES["hongyan.wire.frame"])
    assert sys.meta_path[0].find_spec("hongyan.wire.text", None) is None


def test_nothing_is_found_where_nothing_was_compiled(package: Path) -> None:
    compiled.use_compiled()
    assert not compiled.are_used()


def test_a_source_that_changed_is_what_counts(package: Path) -> None:
    note_compiled(package)
    (package / SOURCE).write_text("made_of = 2\n")
    compiled.use_compiled()
    assert not compiled.are_used()


def test_a_source_that_is_gone_is_a_change(package: Path) -> None:
    note_compiled(package)
    (package / SOURCE).unlink()
    compiled.use_compiled()
    assert not compiled.are_used()


def test_another_python_uses_its_sources(package: Path) -> None:
    note_compiled(package, python=".cpython-310-somewhere.so")
    compiled.use_compiled()
    assert not compiled.are_used()


def test_it_can_be_turned_off(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note_compiled(package)
    monkeypatch.setenv(compiled.SWITCH, "0")
    compiled.use_compiled()
    assert not compiled.are_used()


def test_it_is_looked_for_once(package: Path) -> None:
    note_compiled(package)
    compiled.use_compiled()
    finders = list(sys.meta_path)
    compiled.use_compiled()
    assert sys.meta_path == finders


def test_without_a_compiler_nothing_is_compiled_and_it_is_said(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compile_hot_path, "LIST", package / "modules.json")
    monkeypatch.setenv("CC", "a-compiler-that-nobody-has")
    compile_hot_path.main()
    assert "no C compiler" in capsys.readouterr().err
    assert not (package / "modules.json").exists()


def test_what_does_not_compile_is_left_as_it_is_and_it_is_said_why(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_folder: Path) -> dict[str, str]:
        sys.stdout.write("frame.py:1: error: a type is wrong")
        sys.exit(1)

    monkeypatch.setattr(compile_hot_path, "LIST", package / "modules.json")
    monkeypatch.setattr(compile_hot_path, "has_compiler", lambda: True)
    monkeypatch.setattr(compile_hot_path, "_compile", fail)
    compile_hot_path.main()
    assert "a type is wrong" in capsys.readouterr().err
    assert not (package / "modules.json").exists()
