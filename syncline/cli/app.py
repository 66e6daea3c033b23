"""The command ``syncline`` and its parts."""

from __future__ import annotations

from typing import Annotated

import typer

from syncline.cli.advice import advise
from syncline.cli.demo.play import demo
from syncline.cli.hub_session import login
from syncline.cli.local import schema, simulate, synthesize
from syncline.cli.releases import releases
from syncline.cli.studies import studies
from syncline.cli.terminal import say
from syncline.cli.validation import validate
from syncline.cli.verification import verify
from syncline.version import __version__

app = typer.Typer(
    name="syncline",
    help="Build one synthetic data set from the records of organisations that may not pool them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"syncline {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that every command has."""


app.command("demo")(demo)
app.command("simulate")(simulate)
app.command("synthesize")(synthesize)
app.command("validate")(validate)
app.command("verify")(verify)
app.command("advise")(advise)
app.command("login")(login)
app.add_typer(schema, name="schema")
app.add_typer(studies, name="studies")
app.add_typer(releases, name="releases")
