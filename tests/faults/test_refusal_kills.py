"""SIGKILL around a refusal that is taken back: every supplier is heard, and the study starts or ends once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from syncline.wire.messages import StudyId, StudyStatus
from tests.faults.commands import command
from tests.faults.daemons import kept_running
from tests.faults.kills import Range
from tests.faults.small_study import MARGINALS, SUPPLIERS
from tests.faults.trial import STUDY_SECONDS, Trial

pytestmark = [pytest.mark.network, pytest.mark.faults]

FAULTS: dict[str, dict[str, list[str]]] = {
    "nobody": {},
    "the agent that refuses": {
        "north": ["decision:before-send#1", "decision:after-send#1", "decision:before-send#1"]
    },
    "the hub": {"hub": ["decision:before-answer#1", "study:changed#1", "decision:before-answer#1"]},
}
_FORBIDS = "min_cell: 5", "min_cell: 9"


def forbid(trial: Trial, *suppliers: str) -> None:
    """Let policies refuse the study, so that a refusal comes by itself."""
    for name in suppliers:
        policy = trial.world.agent(name).policy
        policy.write_text(policy.read_text().replace(*_FORBIDS))


async def take_back(trial: Trial, name: str, study_id: StudyId) -> None:
    """Mend a policy and approve, as a person does."""
    policy = trial.world.agent(name).policy
    policy.write_text(policy.read_text().replace(*reversed(_FORBIDS)))
    home = str(trial.world.agent(name).root)
    status, said = await command("supplier_agent", "studies", "approve", study_id, "--home", home)
    assert status == 0, said


def manual(trial: Trial, name: str) -> None:
    policy = trial.world.agent(name).policy
    policy.write_text(policy.read_text().split("approval:", maxsplit=1)[0])


def trial_of(shooting: Range, faults: dict[str, list[str]]) -> Trial:
    plans = {name: [{"SYNCLINE_CRASH_AT": plan} for plan in starts] for name, starts in faults.items()}
    return Trial(shooting.fresh(), MARGINALS, plans)


def check_kills(trial: Trial, faults: dict[str, list[str]]) -> None:
    kills = {daemon.name: daemon.kills for daemon in trial.daemons}
    assert kills == dict.fromkeys(("hub", *SUPPLIERS), 0) | {name: len(one) for name, one in faults.items()}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_a_refusal_that_is_taken_back_lets_the_study_start(
    shooting: Range, tmp_path: Path, faults: dict[str, list[str]]
) -> None:
    trial = trial_of(shooting, faults)
    forbid(trial, "north")
    manual(trial, "south")

    async def work() -> StudyStatus:
        async with asyncio.timeout(STUDY_SECONDS), kept_running(*trial.daemons):
            study_id = await trial.submit()
            status = await trial.until(study_id, lambda status: bool(status.reason))
            assert status.state == "awaiting_approval"
            assert "still to decide: south; north refused the study: min_cell: " in status.reason
            await take_back(trial, "north", study_id)
            await trial.until(study_id, lambda status: not status.reason)
            await take_back(trial, "south", study_id)
            status = await trial.until(study_id, lambda status: status.ended_us > 0)
            await trial.until_told()
            await trial.until_forgotten()
        return status

    status = asyncio.run(work())
    trial.check(status, MARGINALS.simulated_sha256(tmp_path))
    decided = trial.rows("hub", "SELECT fields FROM audit WHERE kind = 'study_decided' ORDER BY seq")
    said = [str(fields).split('"decision":')[1].split('"')[1] for (fields,) in decided]
    assert said == ["refuse", "approve", "approve"]  # each once, however often it was sent
    check_kills(trial, faults)


@pytest.mark.parametrize("faults", [{"hub": ["decision:before-answer#2", "study:changed#1"]}])
def test_all_reasons_are_told_whatever_is_killed(shooting: Range, faults: dict[str, list[str]]) -> None:
    trial = trial_of(shooting, faults)
    forbid(trial, *SUPPLIERS)

    async def work() -> StudyStatus:
        async with asyncio.timeout(STUDY_SECONDS), kept_running(*trial.daemons):
            return await trial.until_ended()

    status = asyncio.run(work())
    assert status.state == "failed"
    for name in SUPPLIERS:
        assert f"{name} refused the study: min_cell: " in status.reason
    assert [one.state for one in status.suppliers] == ["refused", "refused"]
    check_kills(trial, faults)
