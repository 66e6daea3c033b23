"""``supplier-agent audit``: the signed record of what was decided, answered and sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from supplier_agent.cli.options import AsJson, Home, existing_home
from supplier_agent.home import ENROL
from supplier_agent.tasks.journal import open_journal
from syncline.cli.named_data import check_named_data, new_export
from syncline.cli.table import print_json
from syncline.cli.terminal import say
from syncline.durable import audit as chain
from syncline.wire.membership import load_membership

audit = typer.Typer(help="Check and export the signed record.", no_args_is_help=True, rich_markup_mode=None)


@audit.command()
def verify(
    file: Annotated[
        Path | None, typer.Argument(help="An exported file; without it, the agent's own record.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Check that no entry was changed, moved or taken out; exit 1 where one was."""
    if file is not None:
        check_named_data("FILE", str(file))
        chain.require_export(file)
    place = existing_home(home)
    key = load_membership(place.identity, ENROL).signing_key().public_key()
    if file is None:
        with open_journal(place) as journal:
            verdict = journal.read_now(lambda connection: chain.verify(chain.entries(connection), key))
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
    """Write the record to a file that can be checked without this agent."""
    new_export(out)
    with open_journal(existing_home(home)) as journal:
        count = journal.read_now(lambda connection: chain.export(connection, out))
    if as_json:
        print_json({"out": str(out), "entries": count})
    else:
        say(f"{out}: {chain.counted_entries(count)}")
