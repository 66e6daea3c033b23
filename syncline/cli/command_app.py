"""How the three commands are put together: what each of them, each group and each ``--help`` has alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

import typer
from typer.models import CommandInfo

from syncline.cli.terminal import say
from syncline.version import __version__


def command_app(name: str, purpose: str) -> typer.Typer:
    """Return the command ``name``, with ``--version`` and the completion of shells, and no commands yet."""
    app = typer.Typer(
        name=name,
        help=purpose,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    return app


def group(purpose: str) -> typer.Typer:
    """Return a group of commands, which shows its help where none of them is named."""
    return typer.Typer(help=purpose, no_args_is_help=True, rich_markup_mode=None)


def show_examples(app: typer.Typer, lines: Iterable[str]) -> None:
    """Put each line of ``lines`` below the ``--help`` of the command that it would run if it were typed.

    Raises
    ------
    ValueError
        A line runs no command of ``app``, or a command has no line.
    """
    commands = {" ".join(path): command for path, command in _commands(app, (str(app.info.name),))}
    for line in lines:
        path = max((path for path in commands if f"{line} ".startswith(f"{path} ")), key=len, default=None)
        if path is None:
            raise ValueError(f"no command is run by the example: {line}")
        commands.pop(path).epilog = f"\b\nExample:\n  {line}"
    if bare := [path for path, command in commands.items() if not command.hidden]:
        raise ValueError(f"without an example: {', '.join(bare)}")


def _commands(app: typer.Typer, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], CommandInfo]]:
    for command in app.registered_commands:
        assert command.callback is not None
        yield (*path, command.name or command.callback.__name__), command
    for inner in app.registered_groups:
        assert inner.typer_instance is not None
        yield from _commands(inner.typer_instance, (*path, str(inner.name)))


def _show_version(context: typer.Context, wanted: bool) -> None:
    if wanted:
        say(f"{context.command.name} {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that every command has."""
