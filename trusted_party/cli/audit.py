"""``trusted-party audit``: check and export the signed record of what this hub did."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syncline.cli.audit_record import Exported, Key, or_by_key, tell_verdict, verified_by, verified_by_own
from syncline.cli.command_app import group
from syncline.cli.named_data import check_named_data, new_export
from syncline.cli.table import print_json
from syncline.cli.terminal import say
from syncline.durable import audit as chain
from trusted_party.cli.options import AsJson, Home, open_office
from trusted_party.datastore.audit_log import entries

audit = group("Check and export the signed record.")


@audit.command()
def verify(
    file: Exported = None,
    key: Key = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Check that no entry was changed, moved or taken out; exit 1 where one was."""
    if key is not None:
        tell_verdict(verified_by(file, key), file, as_json=as_json)
        return
    if file is not None:
        check_named_data("FILE", str(file))
        chain.require_export(file)
    with or_by_key(file), open_office(home) as office:
        own = office.home.load_signing_key().public_key()
        if file is None:
            verdict = office.database.read_now(lambda transaction: chain.verify(entries(transaction), own))
        else:
            verdict = verified_by_own(file, own)
    tell_verdict(verdict, file, as_json=as_json)


@audit.command()
def export(
    out: Annotated[Path, typer.Option("--out", help="The file to write, one entry a line.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Write the record to a file that can be checked without this hub."""
    new_export(out)
    with open_office(home) as office:
        own = office.home.load_signing_key().public_key()
        count = office.database.read_now(lambda transaction: chain.export(entries(transaction), out, own))
    if as_json:
        print_json({"out": str(out), "entries": count})
    else:
        say(f"{chain.counted_entries(count)} written to {out}")
