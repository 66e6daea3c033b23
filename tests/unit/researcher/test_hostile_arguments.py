"""Every command of all three programs, given hostile text everywhere, repeats it as text or not at all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from supplier_agent.cli.app import app as agent_app
from syncline.cli.app import app as syncline_app
from syncline.cli.exit_status import run_app
from tests.unit.researcher.hostile_text import OBEYED, harmless
from trusted_party.cli.app import app as hub_app

APPS = {"syncline": syncline_app, "supplier-agent": agent_app, "trusted-party": hub_app}
TEXTS = {str, str | None, Path, Path | None, list[str], list[str] | None}


def leaves(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each command of an app with the words that call it."""
    for name, one in getattr(command, "commands", {}).items():
        yield from leaves(one, (*words, name))
    if not hasattr(command, "commands"):
        yield words, command


def hostile_line(command: Any, words: tuple[str, ...], tmp_path: Path) -> list[str]:
    """Return a command line on which every text and path is hostile."""
    line = list(words)
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            line.append(OBEYED)
        elif parameter.type_descriptor.annotation in TEXTS:
            beside = tmp_path / OBEYED.replace("/", "") if parameter.name in {"home", "out"} else OBEYED
            line += [parameter.opts[0], str(beside)]
    return line


COMMANDS = [
    pytest.param(app, words, command, id=f"{name} {' '.join(words)}")
    for name, app in APPS.items()
    for words, command in leaves(get_command(app))
    if words not in {("demo",), ("run",)}  # they take no text that is not checked at once, and run for long
]


def test_there_are_commands_and_some_take_text(tmp_path):
    assert len(COMMANDS) > 50
    lines = [hostile_line(command, words, tmp_path) for _, words, command in (one.values for one in COMMANDS)]
    assert sum(OBEYED in line for line in lines) > 20


@pytest.mark.parametrize(("app", "words", "command"), COMMANDS)
def test_every_command_repeats_what_it_was_given_as_text(app, words, command, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["command", *hostile_line(command, words, tmp_path)])
    with pytest.raises(SystemExit):
        run_app(app)
    said = "".join(capsys.readouterr())
    assert said
    assert harmless(said), said.encode("unicode_escape")
    assert "Traceback" not in said
