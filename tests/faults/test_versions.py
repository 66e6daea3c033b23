"""An agent of another algorithm version takes no part; once it is replaced, the study goes on."""

from __future__ import annotations

import asyncio
import signal

import pytest

from supplier_agent.uplink.contact import REFUSED, read_contact
from syncline.version import ALGORITHM_VERSION
from tests.faults.daemons import kept_running
from tests.faults.small_study import MARGINALS
from tests.faults.trial import STUDY_SECONDS, Trial

pytestmark = [pytest.mark.network, pytest.mark.faults, pytest.mark.slow]

PATCH = """\
import syncline.version

syncline.version.ALGORITHM_VERSION += 1
"""


def test_an_agent_of_another_version_is_refused_by_both_versions(shooting, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(PATCH)

    async def work() -> None:
        world = shooting.fresh()
        trial = Trial(world, MARGINALS, {"north": [{"PYTHONPATH": str(tmp_path)}]})
        north, contact = trial.agents["north"], world.agent("north").contact
        async with asyncio.timeout(STUDY_SECONDS), kept_running(*trial.daemons):
            study_id = await trial.submit()
            while not (contact.exists() and read_contact(contact).state == REFUSED):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            said = read_contact(contact).message
            assert said.startswith(
                f"north: the agent's algorithm version is {ALGORITHM_VERSION + 1} and the hub's is"
                f" {ALGORITHM_VERSION}: install"
            )
            assert trial.rows("north", "SELECT count(*) FROM study") == [(0,)]
            north.send(signal.SIGKILL)  # what comes back is of the hub's version
            status = await trial.until(study_id, lambda status: status.ended_us > 0)
            await trial.until_told()
        trial.check(status, shooting.expected(MARGINALS))

    asyncio.run(work())
