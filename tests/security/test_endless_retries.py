"""A hub or a supplier that tries again without end: a declined round is offered and worked out so often only.

What a decline is mended by, and that it then goes on, is tried in ``tests/process``.
"""

from __future__ import annotations

import datetime as dt

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

import grpc
import pytest

from supplier_agent.tasks import offers as agent_offers
from syncline.wire import supplier as convert
from syncline.wire.messages import ChunkRequest
from tests.process.agent.harness import request
from tests.process.agent.harness import running as running_agent
from tests.process.agent.test_agent import SPEC, approved, play, wait_for
from tests.process.agent.test_mended import retry
from tests.process.hub.clients import eventually, running
from tests.process.hub.conftest import run, site  # noqa: F401  (fixtures)
from tests.process.hub.test_enrolment import refused
from tests.process.hub.test_faults import offers, silent, team
from tests.process.hub.test_mended import decline, reoffer
from tests.unit.hub.small_study import specification
from trusted_party.studies import replies

pytestmark = pytest.mark.network


@pytest.mark.parametrize("defended", [True, False])
def test_a_supplier_that_declines_for_ever_wins_nothing(site, run, monkeypatch, defended):  # noqa: F811
    """The second half: without the limit it is offered the task again as often as it likes."""
    monkeypatch.setattr(replies, "MOST_REOFFERS", 3 if defended else 1000)

    async def work():
        async with site.running():
            ada, (north,) = await team(site, "north")
            north.answer = silent
            async with running(north), north.member.supplier(site.port) as stub:
                study_id = await site.submit(ada, specification("north", deadline="1h"))
                for attempt in range(1, 7):
                    await eventually(lambda wanted=attempt: len(offers(north)) == wanted)
                    await decline(stub, offers(north)[-1].task_id, "never")
                    if defended and attempt == 4:
                        said = await refused(
                            reoffer(stub, offers(north)[0].task_id, 4),
                            grpc.StatusCode.FAILED_PRECONDITION,
                        )
                        assert "offered again 3 times" in said
                        break
                    if attempt < 6:
                        await reoffer(stub, offers(north)[-1].task_id, attempt)
                assert len(offers(north)) == (4 if defended else 6)
                if not defended:
                    return
                site.clock.shift = dt.timedelta(minutes=59)
                asked = ChunkRequest(offers(north)[0].task_id, offers(north)[0].request.sha256, 0)
                async for _ in stub.ReadPayload(convert.chunk_request_to_proto(asked), timeout=5):
                    pass  # bytes that move for who has declined win no time
                site.clock.shift = dt.timedelta(minutes=62)
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
                assert status.state == "failed"
                assert status.reason == ("north did not answer within 1 h; north declined to answer: never")

    run(work())


@pytest.mark.parametrize("defended", [True, False])
def test_a_hub_that_asks_again_for_ever_gets_the_same_decline_and_no_more_work(
    tmp_path, monkeypatch, defended
):
    """The second half: without a limit each new attempt makes the child work."""
    monkeypatch.setattr(agent_offers, "MOST_DECLINES", 3 if defended else 1000)

    async def scene(hub, home):
        async with running_agent(home):
            await approved(hub, home)
            mark = tmp_path / "mark"
            for attempt in range(1, 9):
                asked = request(0, mark=str(mark), refuse="data")
                await hub.send(hub.task(SPEC, 0, asked, attempt=attempt))
                await hub.until(lambda wanted=attempt: len(hub.declined) >= wanted)
            worked = mark.read_text().count("called")
            assert worked == (3 if defended else 8)
            assert len({one.reason for one in hub.declined}) == 1
            if defended:  # a person's word gives it another try
                await retry(home, monkeypatch, "heart-2026")
                await hub.until(lambda: hub.mended)
                await hub.send(hub.task(SPEC, 0, asked, attempt=9))
                await wait_for(lambda: mark.read_text().count("called") == 4)

    play(tmp_path, scene)
