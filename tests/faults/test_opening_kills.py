"""SIGKILL around approval and opening: one contribution a supplier, one salt for all, and its table."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncline.protocols.opening import HUB, Occasion
from syncline.protocols.person_key import public_key_of
from tests.faults.daemons import kept_running
from tests.faults.kills import Range
from tests.faults.small_study import MARGINALS, ROWS, SUPPLIERS, SmallStudy
from tests.faults.trial import STUDY_SECONDS, Trial

pytestmark = [pytest.mark.network, pytest.mark.faults]

FAULTS = {
    "an agent that commits, then opens": {
        "north": [
            "decision:before-send#1",
            "decision:after-send#1",
            "reply:before-send#1",
            "reply:after-send#1",
        ]
    },
    "a hub that commits, then draws": {
        "hub": [
            "decision:before-answer#1",
            "round:stored#1",
            "round:stored#1",
            "round:stored#2",
            "study:changed#1",
        ]
    },
}
"""Where each process is killed, start by start; ``round:stored`` is before the commit of a request."""


def check_commitments(trial: Trial, said: dict[str, Any], study_id: str, sha256: str) -> None:
    """Check the manifest: what a supplier committed to is what its journal holds, and opened."""
    assert set(said["commitments"]) == {*SUPPLIERS, HUB}
    for name in SUPPLIERS:
        ((contribution, private_key),) = trial.rows(name, "SELECT contribution, private_key FROM study")
        public_key = public_key_of(bytes(private_key))
        committed = Occasion(study_id, sha256).commitment(name, bytes(contribution), public_key)
        assert said["commitments"][name] == committed.hex()


@pytest.mark.parametrize("study", [MARGINALS, ROWS], ids=lambda study: study.name)
@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS.keys())
def test_a_kill_between_commit_and_send_changes_no_contribution(
    shooting: Range, tmp_path: Path, study: SmallStudy, faults: dict[str, list[str]]
) -> None:
    drawn = replace(study, validation="holdout: auto")
    plans = {name: [{"SYNCLINE_CRASH_AT": plan} for plan in starts] for name, starts in faults.items()}
    trial = Trial(shooting.fresh(), drawn, plans)

    async def work() -> None:
        async with asyncio.timeout(STUDY_SECONDS), kept_running(*trial.daemons):
            status = await trial.until_ended()
            await trial.until_told()
            await trial.until_forgotten()
        assert status.state == "released", status.reason
        ((salt,),) = {tuple(trial.rows(name, "SELECT salt FROM study")) for name in SUPPLIERS}
        secret = bytes(salt[0])
        trial.check(status, drawn.simulated_sha256(tmp_path, salt=secret.hex()))
        release = trial.world.hub.releases_path / str(status.release_id)
        said = json.loads((release / "manifest.json").read_text())["holdout"]
        assert said["salt_sha256"] == hashlib.sha256(secret).hexdigest()
        assert said["share"] == 0.5
        check_commitments(trial, said, status.study_id, status.specification_sha256)

    asyncio.run(work())
    kills = {daemon.name: daemon.kills for daemon in trial.daemons}
    assert kills == dict.fromkeys(("hub", *SUPPLIERS), 0) | {name: len(one) for name, one in faults.items()}
