"""Every command is met alike: one example below its help, which it understands, ``-h``, and completion."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

import pytest
import typer

from supplier_agent.cli import examples as agent_examples
from supplier_agent.cli.app import app as agent_app
from syncline.cli import examples as researcher_examples
from syncline.cli.app import app as researcher_app
from syncline.cli.command_app import command_app, show_examples
from trusted_party.cli import examples as hub_examples
from trusted_party.cli.app import app as hub_app

APPS = {"syncline": researcher_app, "trusted-party": hub_app, "supplier-agent": agent_app}
MODULES = {"syncline": "syncline.cli", "trusted-party": "trusted_party", "supplier-agent": "supplier_agent"}
LINES = [*researcher_examples.EXAMPLES, *hub_examples.EXAMPLES, *agent_examples.EXAMPLES]


def parsed(line: str) -> tuple[str, dict[str, object]]:
    """Return the command that a shell would run with ``line``, and what it would be given."""
    program, *arguments = shlex.split(re.split(r" [<>] ", line)[0])
    command = typer.main.get_command(APPS[program])
    context = command.make_context(program, arguments)
    path = [program]
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        path.append(str(name))
        context = command.make_context(name, list(rest), parent=context)
    return " ".join(path), context.params


@pytest.mark.parametrize("line", LINES)
def test_an_example_is_understood_by_its_command(line: str) -> None:
    path, _ = parsed(line)
    assert line.startswith(path)


def test_an_example_with_a_wrong_flag_is_not_understood() -> None:
    with pytest.raises(typer.TyperException, match="--nothing"):
        parsed("syncline verify release --nothing")


def test_a_command_without_an_example_and_an_example_without_a_command_are_found() -> None:
    app = command_app("program", "Nothing.")
    app.command("go")(lambda: None)
    with pytest.raises(ValueError, match="without an example: program go"):
        show_examples(app, ())
    with pytest.raises(ValueError, match="no command is run by the example: program stop"):
        show_examples(app, ("program stop",))


def run(program: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", MODULES[program], *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )


HELPS = [
    ("syncline",),
    ("syncline", "studies", "submit"),
    ("trusted-party", "invite"),
    ("supplier-agent", "studies", "show"),
    ("supplier-agent", "run"),
]


@pytest.mark.parametrize("words", HELPS, ids=" ".join)
def test_short_help_is_help(words: tuple[str, ...]) -> None:
    short, long = run(*words, "-h"), run(*words, "--help")
    assert short.returncode == 0
    assert short.stdout == long.stdout
    assert "usage: " in short.stdout.lower()
    assert len(words) == 1 or re.search(rf"Example:\n *{' '.join(words)}", short.stdout)


@pytest.mark.parametrize("program", MODULES)
def test_shells_complete_commands(program: str) -> None:
    variable = f"_{program.replace('-', '_')}_COMPLETE".upper()
    done = run(program, COMP_WORDS=f"{program} relea", COMP_CWORD="1", **{variable: "complete_bash"})
    assert done.stdout.strip() == "releases", done
