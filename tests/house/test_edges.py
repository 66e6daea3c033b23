"""What leaves the program has one way out each: what is printed, and the directories that are made."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.repository import ROOT, source_files

SPEAKS = {"syncline/cli/terminal.py"}
"""The module that prints for commands."""

WRITES_EVENTS = {
    "syncline/compute/serve.py",
    "supplier_agent/event_log.py",
    "trusted_party/datastore/event_log.py",
}
"""Modules that write lines of JSON in ASCII, or through ``printable``."""

SHOWS_TABLES = {"supplier_agent/cli/prepare.py"}
"""Modules that print with rich, texts alone: each is ``Text(printable(...))``, in which no markup is read."""

MAKES = {"syncline/durable/private_directory.py"}


def calls(path: Path) -> Iterator[str]:
    """Yield what a module calls, as it is written."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prints(call: str) -> bool:
    """Tell whether a call writes to a terminal past the one way out."""
    last = call.rpartition(".")[2]
    return (
        call == "print"
        or call.startswith(("sys.stdout.write", "sys.stderr.write", "traceback.print_", "pprint."))
        or (last in {"echo", "secho", "confirm", "prompt"} and call.startswith(("typer.", "click.")))
        or last in {"Console", "rprint"}
    )


@pytest.mark.parametrize("path", source_files(), ids=name_of)
def test_only_the_terminal_module_prints(path: Path) -> None:
    found = {call for call in calls(path) if prints(call)}
    if name_of(path) in SPEAKS | WRITES_EVENTS:
        return
    assert found <= ({"Console"} if name_of(path) in SHOWS_TABLES else set()), (
        "print with syncline.cli.terminal"
    )


@pytest.mark.parametrize("path", source_files(), ids=name_of)
def test_only_one_module_makes_directories(path: Path) -> None:
    made = {call for call in calls(path) if call.rpartition(".")[2] in {"mkdir", "makedirs"}}
    assert not made or name_of(path) in MAKES, "use syncline.durable.private_directory"


def test_each_named_module_is_there_and_does_what_it_is_named_for() -> None:
    for name in SPEAKS | WRITES_EVENTS | SHOWS_TABLES | MAKES:
        assert (ROOT / name).is_file(), name
    assert any(call.rpartition(".")[2] == "mkdir" for call in calls(ROOT / next(iter(MAKES))))
