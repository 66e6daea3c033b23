"""TLS 1.3 only, one living agent a name, and a ban that is felt at once."""

from __future__ import annotations

import asyncio

import grpc
import grpc.aio
import pytest

from syncline.errors import UsageError
from syncline.identity.peer import PeerRole
from syncline.wire.gen.syncline.v1 import supplier_pb2
from syncline.wire.status import METADATA_KEY
from tests.process.hub.clients import FakeAgent, attachment, eventually, running
from tests.process.hub.test_enrolment import dismiss, refused
from trusted_party.studies.dismissal import ban

pytestmark = pytest.mark.network


async def openssl(port: int, *options: str) -> str:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *options]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return output.decode(errors="replace")


def test_a_ban_by_the_command_ends_open_streams(site, run):
    async def work():
        async with site.running():
            north = await site.member("north")
            async with north.supplier(site.port) as stub:
                call = stub.Attach(attachment())
                await call.read()
                reading = asyncio.create_task(call.read())
                await asyncio.to_thread(dismiss, site, ban, "north", "a test")
                sentence = await asyncio.wait_for(refused(reading), 10)  # how soon: benchmarks/liveness.py
                assert "revoked" in sentence
                assert "revoked" in await refused(stub.Attach(attachment()).read())

    run(work())


def test_a_second_living_agent_of_one_name_is_told_so_and_the_first_works_on(site, run):
    async def work():
        async with site.running():
            north = await site.member("north")
            agent = FakeAgent(north, site.port)
            async with running(agent):
                await eventually(lambda: len(agent.events) == 1)
                async with north.supplier(site.port) as stub:
                    for _ in range(2):
                        call = stub.Attach(attachment("another"))
                        sentence = await refused(call.read(), grpc.StatusCode.ALREADY_EXISTS)
                        assert "another agent is attached as north" in sentence
                        assert dict(await call.trailing_metadata())[METADATA_KEY] == "AlreadyAttached"
            async with north.supplier(site.port) as stub:
                assert await stub.Attach(attachment("another")).read()

    run(work())


def test_an_agent_of_another_algorithm_version_is_refused_with_both_versions(site, run):
    async def work():
        async with site.running():
            north = await site.member("north")
            async with north.supplier(site.port) as stub:
                call = stub.Attach(attachment(version=99))
                sentence = await refused(call.read(), grpc.StatusCode.FAILED_PRECONDITION)
                assert "99" in sentence
                assert "same release" in sentence

    run(work())


def test_a_heartbeat_without_a_lease_is_refused(site, run):
    async def work():
        async with site.running():
            north = await site.member("north")
            async with north.supplier(site.port) as stub:
                request = supplier_pb2.HeartbeatRequest(instance="nobody")
                await refused(stub.Heartbeat(request, timeout=5), grpc.StatusCode.ALREADY_EXISTS)

    run(work())


def test_messages_above_the_limit_do_not_get_in(site, run):
    async def work():
        async with site.running():
            north = await site.member("north")
            async with north.supplier(site.port) as stub:
                request = supplier_pb2.HeartbeatRequest(instance="x" * (4 << 20))
                await refused(stub.Heartbeat(request, timeout=5), grpc.StatusCode.RESOURCE_EXHAUSTED)
                request = supplier_pb2.HeartbeatRequest(instance="x" * 1000)
                await refused(stub.Heartbeat(request, timeout=5), grpc.StatusCode.INVALID_ARGUMENT)

    run(work())


def test_a_port_in_use_and_a_home_in_use_are_named(site, run, tmp_path):
    async def work():
        async with site.running():
            with pytest.raises(UsageError, match="in use by process"):
                async with site.running():
                    pass
        from tests.process.hub.conftest import Site
        from trusted_party.cli.home import HubHome

        other = Site(HubHome(tmp_path / "other"), site.clock)
        other.home.create("other", ("localhost",), site.clock)
        async with other.running():
            with pytest.raises(UsageError, match="port is in use"):
                async with site.running(listen=f"localhost:{other.port}"):
                    pass

    run(work())


def test_a_researcher_sees_only_their_own_studies_and_an_operator_all(site, run):
    from syncline.wire.gen.syncline.v1 import research_pb2
    from tests.unit.hub.small_study import specification

    async def work():
        async with site.running():
            await site.member("north")
            ada, bob = (
                await site.member("ada", PeerRole.RESEARCHER),
                await site.member("bob", PeerRole.RESEARCHER),
            )
            olga = await site.member("olga", PeerRole.OPERATOR)
            study_id = await site.submit(ada, specification("north"))
            assert (await site.status(ada, study_id)).state == "awaiting_approval"
            assert (await site.status(olga, study_id)).state == "awaiting_approval"
            await refused(site.status(bob, study_id), grpc.StatusCode.NOT_FOUND)
            async with bob.research(site.port) as stub:
                request = research_pb2.CancelStudyRequest(study_id=study_id)
                await refused(stub.CancelStudy(request, timeout=5), grpc.StatusCode.NOT_FOUND)
                assert not (await stub.ListStudies(research_pb2.ListStudiesRequest(), timeout=5)).studies
                fetch = research_pb2.FetchReleaseRequest(release_id="../../etc")
                await refused(stub.FetchRelease(fetch).read(), grpc.StatusCode.INVALID_ARGUMENT)

    run(work())
