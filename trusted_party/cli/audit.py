"""``trusted-party audit``: check and export the signed record of what this hub did."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syncline.cli.named_data import check_named_data, new_export
from syncline.cli.table import print_json
from syncline.cli.terminal import say
from syncline.durable import audit as chain
from trusted_party.cli.options import AsJson, Home, open_office

audit = typer.Typer(help="Check and export the signed record.", no_args_is_help=True, rich_markup_mode=None)


@audit.command()
def verify(
    file: Annotated[
        Path | None, typer.Argument(help="An exported file; without it, the hub's own record.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Check that no entry was changed, moved or taken out; exit 1 where one was."""
    if file is not None:
        check_named_data("FILE", str(file))
        chain.require_export(file)
    with open_office(home) as office:
        key = office.home.load_signing_key().public_key()
        if file is None:
            verdict = office.database.read_now(lambda db: chain.verify(chain.entries(db), key))
        else:
            verdict = chain.verify_export(file, key)
    if as_json:
        print_json({"entries": verdict.entries, "head": verdict.head, "first_bad": verdict.first_bad})
    elif verdict.first_bad is None:
        say(f"{chain.counted_entries(verdict.entries)}, unbroken; the last one's hash is {verdict.head}")
    if verdict.first_bad is not None:
        raise chain.broken_record(verdict.first_bad, file)


@audit.command()
def export(
    out: Annotated[Path, typer.Option("--out", help="The file to write, one entry a line.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Write the record to a file that can be checked without this hub."""
    new_export(out)
    with open_office(home) as office:
        count = office.database.read_now(lambda connection: chain.export(connection, out))
    if as_json:
        print_json({"out": str(out), "entries": count})
    else:
        say(f"{chain.counted_entries(count)} written to {out}")
