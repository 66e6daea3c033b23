"""``supplier-agent audit``: the signed record of what was decided, answered and sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from supplier_agent.cli.options import AsJson, Home, existing_home
from supplier_agent.home import ENROL, AgentHome
from supplier_agent.tasks.journal import open_journal
from syncline.cli.audit_record import Exported, Key, or_by_key, tell_verdict, verified_by, verified_by_own
from syncline.cli.command_app import group
from syncline.cli.named_data import check_named_data, new_export
from syncline.cli.table import print_json
from syncline.cli.terminal import say
from syncline.durable import audit as chain
from syncline.durable.audit_table import entries
from syncline.wire.membership import load_membership

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
    with or_by_key(file):
        place = existing_home(home)
    own = _own_key(place)
    if file is None:
        with open_journal(place) as journal:
            verdict = journal.read_now(lambda connection: chain.verify(entries(connection), own))
    else:
        verdict = verified_by_own(file, own)
    tell_verdict(verdict, file, as_json=as_json)


@audit.command()
def export(
    out: Annotated[Path, typer.Option("--out", help="The file to write, one entry a line.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Write the record to a file that can be checked without this agent."""
    new_export(out)
    place = existing_home(home)
    own = _own_key(place)
    with open_journal(place) as journal:
        count = journal.read_now(lambda connection: chain.export(entries(connection), out, own))
    if as_json:
        print_json({"out": str(out), "entries": count})
    else:
        say(f"{out}: {chain.counted_entries(count)}")


def _own_key(home: AgentHome) -> Ed25519PublicKey:
    return load_membership(home.identity, ENROL).signing_key().public_key()
