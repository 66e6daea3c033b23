"""The command ``trusted-party`` and its parts."""

from __future__ import annotations

from typing import Annotated

import typer

from syncline.cli.terminal import say
from syncline.version import __version__
from trusted_party.cli.audit import audit
from trusted_party.cli.releases import releases
from trusted_party.cli.serving import serve
from trusted_party.cli.setup import init, invite
from trusted_party.cli.studies import studies
from trusted_party.cli.suppliers import suppliers

app = typer.Typer(
    name="trusted-party",
    help="Run the hub: merge what suppliers answer, and release synthetic data.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"trusted-party {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that every command has."""


app.command("init")(init)
app.command("serve")(serve)
app.command("invite")(invite)
app.add_typer(suppliers, name="suppliers")
app.add_typer(studies, name="studies")
app.add_typer(releases, name="releases")
app.add_typer(audit, name="audit")
