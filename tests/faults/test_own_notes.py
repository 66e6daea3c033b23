"""A supplier that synthesizes by itself reads what its rows lost; nobody else does, whatever is killed."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from supplier_agent.cli import main
from tests.faults.kills import Range
from tests.faults.small_study import MARGINALS
from tests.faults.trial import STUDY_SECONDS, Trial, kept_running

pytestmark = [pytest.mark.network, pytest.mark.faults]

OWN = replace(MARGINALS, flows=("synthesized", "summaries"))
FAR = "249.9"
"""A weight that one person has."""


def show(home: Path, study_id: str, *more: str) -> str:
    """Run ``supplier-agent studies show``."""
    said, before = io.StringIO(), sys.argv
    sys.argv = ["supplier-agent", "studies", "show", study_id, "--no-data", *more, "--home", str(home)]
    try:
        with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
            main()
    finally:
        sys.argv = before
    return said.getvalue()


def test_notes_stay_with_the_supplier_that_synthesizes(shooting: Range) -> None:
    faults = {"north": [{"SYNCLINE_CRASH_AT": "reply:before-send#2"}]}
    trial = Trial(shooting.fresh(), OWN, faults)
    home = trial.world.agent("north")
    home.policy.write_text(home.policy.read_text().replace("raw]", "raw, synthesized]"))
    table = trial.world.table(OWN, "north")
    first, row, *rest = table.read_text().splitlines()
    age, sex, _, ill = row.split(",")
    table.write_text("\n".join([first, *[f"{age},{sex},{FAR},{ill}"] * 3, *rest]) + "\n")

    async def work() -> str:
        async with asyncio.timeout(STUDY_SECONDS), kept_running(*trial.daemons):
            study_id = await trial.submit()
            status = await trial.until(study_id, lambda status: status.ended_us > 0)
            await trial.until_told()
        assert status.state == "released", status.reason
        return study_id

    study_id = asyncio.run(work())
    assert trial.agents["north"].kills == 1
    said = show(home.root, study_id)
    assert "Not shown     column 'weight': clipped: " in said
    assert FAR in said
    notes = json.loads(show(home.root, study_id, "--json"))["notes"]
    (weight,) = [note for note in notes if note["column"] == "weight"]
    assert (weight["deed"], 1 <= weight["cells"] <= 3) == ("clipped", True)
    assert "Not shown" not in show(trial.world.agent("south").root, study_id)
    # Neither the hub, nor the release, nor a log holds the value, or that there is a note.
    for place in (trial.world.hub.root, trial.world.root / "south"):
        for file in place.rglob("*"):
            if file.is_file():
                assert FAR.encode() not in file.read_bytes(), file
    assert FAR not in trial.agents["north"].said()
