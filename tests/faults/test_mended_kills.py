"""SIGKILL around a decline and its mending: the study goes on, and nothing is lost or charged twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from syncline.wire.messages import StudyId, StudyStatus
from tests.faults.commands import command
from tests.faults.daemons import kept_running
from tests.faults.kills import Range
from tests.faults.small_study import MARGINALS, ROWS, SUPPLIERS, SmallStudy
from tests.faults.trial import STUDY_SECONDS, Trial

pytestmark = [pytest.mark.network, pytest.mark.faults]

FAULTS: dict[str, dict[str, list[str]]] = {
    "nobody": {},
    "the agent that declines": {
        "north": [
            "decline:before-send#1",
            "mended:before-send#1",
            "mended:after-send#1",
            "reply:before-send#1",
        ]
    },
    "the hub": {"hub": ["decline:before-answer#1", "reoffer:before-answer#1", "round:stored#1"]},
}


def spoil(trial: Trial, study: SmallStudy, *suppliers: str) -> None:
    """Give suppliers one age that no person reaches."""
    for name in suppliers:
        table = trial.world.table(study, name)
        first, row, *rest = table.read_text().splitlines()
        row = ",".join(["999", *row.split(",")[1:]])
        table.write_text("\n".join([first, row, *rest]) + "\n")


def mend(trial: Trial, study: SmallStudy, name: str) -> None:
    study.write_table(trial.world.root, name).rename(trial.world.table(study, name))


async def approved_in_spite(trial: Trial, name: str, study_id: StudyId) -> None:
    """Approve as a person does whom the agent has told of the misfit; the policy alone does not."""
    left_to_a_person = f"SELECT reason FROM study WHERE study_id = '{study_id}' AND state = 'waiting'"
    while not (found := trial.rows(name, left_to_a_person)):  # noqa: ASYNC110 - no event is set
        await asyncio.sleep(0.05)
    assert "the data here does not fit it: column 'age'" in str(found[0][0])
    home = str(trial.world.agent(name).root)
    line = ("supplier_agent", "studies", "approve", study_id, "--in-spite", "--yes", "--home", home)
    status, said = await command(*line)
    assert status == 0, said


async def retry(trial: Trial, name: str, study_id: StudyId) -> None:
    home = str(trial.world.agent(name).root)
    status, said = await command("supplier_agent", "studies", "retry", study_id, "--home", home)
    assert status == 0, said


def declined_by(status: StudyStatus, *names: str) -> bool:
    return status.state == "paused" and all(f"{name} declined" in status.reason for name in names)


@pytest.mark.parametrize(
    ("study", "faults"),
    [(MARGINALS, faults) for faults in FAULTS.values()] + [(ROWS, FAULTS["nobody"])],
    ids=[*FAULTS, "nobody, and rows are sent"],
)
def test_a_mended_decline_lets_the_study_go_on_from_where_it_stood(
    shooting: Range, tmp_path: Path, study: SmallStudy, faults: dict[str, list[str]]
) -> None:
    plans = {name: [{"SYNCLINE_CRASH_AT": plan} for plan in starts] for name, starts in faults.items()}
    trial = Trial(shooting.fresh(), study, plans)
    spoil(trial, study, *SUPPLIERS)

    async def work() -> StudyStatus:
        async with asyncio.timeout(STUDY_SECONDS), kept_running(*trial.daemons):
            study_id = await trial.submit()
            for name in SUPPLIERS:
                await approved_in_spite(trial, name, study_id)
            status = await trial.until(study_id, lambda status: declined_by(status, *SUPPLIERS))
            assert "values outside of the schema's range in column 'age'" in status.reason
            assert "999" not in status.reason
            for name in SUPPLIERS:
                home = str(trial.world.agent(name).root)
                line = ("supplier_agent", "studies", "retry", study_id, "--home", home)
                assert "does not fit it yet" in (await command(*line))[1]
                mend(trial, study, name)
                await retry(trial, name, study_id)
            status = await trial.until(study_id, lambda status: status.ended_us > 0)
            await trial.until_told()
            await trial.until_forgotten()
        return status

    status = asyncio.run(work())
    trial.check(status, study.simulated_sha256(tmp_path))
    kinds = [row[0] for row in trial.rows("hub", "SELECT kind FROM audit")]
    assert kinds.count("study_decided") == len(SUPPLIERS)  # no approval anew
    assert kinds.count("task_reoffered") == len(SUPPLIERS)
    kills = {daemon.name: daemon.kills for daemon in trial.daemons}
    assert kills == dict.fromkeys(("hub", *SUPPLIERS), 0) | {name: len(one) for name, one in faults.items()}
