"""``syncline advise``: which flow suits which supplier, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syncline.cli.hub_session import AsJson
from syncline.cli.terminal import say
from syncline.errors import UsageError


def advise(
    sources: Annotated[
        int | None, typer.Option("--sources", min=1, max=1000, help="How many suppliers there are.")
    ] = None,
    abilities: Annotated[
        Path | None, typer.Option("--abilities", help="A YAML file of what each can do: docs/advise.md.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recommend a flow for each supplier, with the reason."""
    from syncline.cli.table import print_json
    from syncline.study import advice

    if abilities is None and sources is None:
        raise UsageError("advise: give --sources N, or --abilities FILE with what each supplier can do")
    known = (
        advice.Abilities.assumed(sources or 1) if abilities is None else advice.Abilities.from_yaml(abilities)
    )
    if sources is not None and sources != len(known.suppliers):
        raise UsageError(
            f"--sources {sources}: {abilities} describes {len(known.suppliers)} suppliers; leave one out"
        )
    found = advice.advise(known)
    remarks = list(advice.remarks(known, found))
    if as_json:
        flows = [{"supplier": one.supplier, "flow": one.flow, "reason": one.reason} for one in found]
        print_json({"suppliers": flows, "remarks": remarks})
        return
    for one in found:
        say(f"{one.supplier:<16} {one.flow or 'none':<12} {one.reason}")
    for remark in remarks:
        say()
        say(remark)
    if abilities is None:
        say()
        say("This assumes that each runs an agent; say what each can do with --abilities FILE.")
