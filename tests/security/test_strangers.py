"""Strangers at the hub's ports: silent, slow and endless connections from few addresses and from many."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import resource
import ssl
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

import grpc.aio
import pytest

from syncline.identity.peer import PeerRole
from syncline.identity.tokens import EnrolmentToken
from syncline.wire.gen.syncline.v1.research_pb2 import ListStudiesRequest
from syncline.wire.gen.syncline.v1.research_pb2_grpc import ResearchServiceStub
from syncline.wire.transport import client_channel
from tests.house.repository import ROOT
from tests.process.hub.clients import FakeAgent, enrol, running
from tests.process.hub.conftest import run, site  # noqa: F401  (fixtures)
from tests.unit.hub.small_study import specification
from trusted_party.api import relay, servers
from trusted_party.api.attempts import OF_ADDRESS, OF_TOKEN, Attempts
from trusted_party.api.client_hello import Hello
from trusted_party.api.guests import Places
from trusted_party.api.porch import PorchLimits

pytestmark = [pytest.mark.network, pytest.mark.usefixtures("few_descriptors")]

STRANGERS = 330
BEGINNING = bytes.fromhex("1603010200010001fc0303")
"""The first bytes of a ClientHello of 512 bytes, of which the others never come."""

OPEN = PorchLimits(Places(10**6, 10**6), Places(10**6, 10**6), seconds=3600.0)
"""A porch that limits nothing."""


def take_the_porch_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every connection through to gRPC at once, as many as come and for as long as they like."""
    monkeypatch.setattr(servers, "ENROLMENT", OPEN)
    monkeypatch.setattr("trusted_party.cli.hub.ENROLMENT", OPEN)
    monkeypatch.setattr("trusted_party.cli.wiring.MEMBERS", OPEN)
    monkeypatch.setattr(relay, "judge_hello", lambda _: Hello.WHOLE)
    monkeypatch.setattr("syncline.wire.transport.HANDSHAKE_MS", 120_000)
    made = relay.Caller.connection_made

    def dial_at_once(self, transport):
        made(self, transport)
        self.data_received(b"")

    monkeypatch.setattr(relay.Caller, "connection_made", dial_at_once)


@pytest.fixture
def few_descriptors() -> Iterator[None]:
    """Leave this process, whose hub it is, 500 open files: a hub that was just started has a thousand."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = len(list(Path("/proc/self/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 500, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.asynccontextmanager
async def strangers(
    *ports: int, count: int = STRANGERS, said: bytes = b"", hosts: int = 1
) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    """Hold ``count`` connections to each port from ``hosts`` addresses; yields how many live."""
    arguments = map(str, (count, hosts, said.hex(), *ports))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.security.silent_callers", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert await process.stdout.readline() == b"held\n"

    async def living() -> int:
        process.stdin.write(b"\n")
        return int(await process.stdout.readline())

    try:
        yield living
    finally:
        process.stdin.close()
        await process.wait()


async def seconds_to_enrol(site, token: str) -> float:  # noqa: F811
    began = time.monotonic()
    async with asyncio.timeout(20):
        await enrol(site.enrol_port, site.authority, token, host="127.0.0.1")
    return time.monotonic() - began


@pytest.mark.parametrize(("hosts", "said"), [(1, b""), (60, BEGINNING)])
def test_silent_and_slow_strangers_keep_nobody_out(site, run, hosts, said):  # noqa: F811
    async def work():
        async with site.running():
            ada, north = await site.member("ada", PeerRole.RESEARCHER), await site.member("north")
            token = await asyncio.to_thread(site.invite, "south")
            async with strangers(site.port, site.enrol_port, hosts=hosts, said=said) as living:
                assert await seconds_to_enrol(site, token) < 5
                async with running(FakeAgent(north, site.port)):
                    study_id = await site.submit(ada, specification("north"))
                    await site.until(ada, study_id, lambda status: status.state == "released")
                places = servers.MEMBERS.strangers, servers.ENROLMENT.strangers
                assert 0 < await living() <= sum(min(one.in_all, hosts * one.of_one) for one in places)

    run(work())


def test_without_the_porch_they_keep_everybody_out(site, run, monkeypatch):  # noqa: F811
    take_the_porch_away(monkeypatch)

    async def work():
        async with site.running():
            token = await asyncio.to_thread(site.invite, "south")
            async with strangers(site.enrol_port):
                with pytest.raises((TimeoutError, OSError, grpc.aio.AioRpcError)):
                    await seconds_to_enrol(site, token)

    run(work())


def test_who_speaks_no_tls_or_not_in_time_is_gone_and_grpc_never_hears_of_it(
    site,  # noqa: F811
    run,  # noqa: F811
    monkeypatch,
):
    monkeypatch.setattr("trusted_party.cli.wiring.MEMBERS", replace(servers.MEMBERS, seconds=0.5))
    dialled = []
    dial = relay.Caller._dial
    monkeypatch.setattr(relay.Caller, "_dial", lambda self: dialled.append(self) or dial(self))

    async def work():
        async with site.running():
            async with strangers(site.port, count=3, said=b"GET / HTTP/1.1\r\n") as living:
                await asyncio.sleep(0.3)
                assert await living() == 0
            async with strangers(site.port, count=3, said=BEGINNING) as living:
                assert await living() == 3
                await asyncio.sleep(1)
                assert await living() == 0
            assert dialled == []

    run(work())


def test_a_handshake_that_is_begun_and_not_ended_is_over_in_time(site, run, monkeypatch):  # noqa: F811
    """A whole ClientHello, and then silence: gRPC itself would wait for two minutes."""
    monkeypatch.setattr("trusted_party.cli.wiring.MEMBERS", replace(servers.MEMBERS, seconds=0.5))

    async def work():
        async with site.running(), strangers(site.port, count=3, said=client_hello()) as living:
            assert await living() == 3
            await asyncio.sleep(1)
            assert await living() == 0

    run(work())


async def refusal(call) -> str:
    """Return why a call was refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.details()


def client_hello() -> bytes:
    """Return a ClientHello as OpenSSL writes it."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing).do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("defended", [True, False])
def test_refused_attempts_are_bounded_by_address_and_by_token(site, run, monkeypatch, defended):  # noqa: F811
    """After so many no signature is checked and no database asked; who has a token waits ten minutes."""
    if not defended:
        monkeypatch.setattr(Attempts, "refused", lambda *_: None)

    async def work():
        async with site.running():
            token = EnrolmentToken.parse(await asyncio.to_thread(site.invite, "north"))
            said = []
            for number in range(OF_ADDRESS + 1):
                forged = replace(token, secret=bytes([number // OF_TOKEN] * 32)).text()
                said.append(await refusal(enrol(site.enrol_port, site.authority, forged)))
            assert "not one of this hub's" in said[0]
            assert ("too many attempts of this address" in said[-1]) is defended
            if defended:
                site.clock.shift = dt.timedelta(minutes=11)
            fresh = await asyncio.to_thread(site.invite, "south")
            await enrol(site.enrol_port, site.authority, fresh)

    run(work())


def test_one_token_is_looked_at_ten_times(site, run):  # noqa: F811
    async def work():
        async with site.running():
            token = EnrolmentToken.parse(await asyncio.to_thread(site.invite, "north"))
            forged = replace(token, secret=bytes(32)).text()
            said = [
                await refusal(enrol(site.enrol_port, site.authority, forged)) for _ in range(OF_TOKEN + 1)
            ]
            assert ["too many attempts of this token" in one for one in said] == [False] * OF_TOKEN + [True]

    run(work())


def test_a_member_has_its_own_places_and_takes_nobody_elses(site, run, monkeypatch):  # noqa: F811
    """One that opens connections without end loses its own oldest; another member keeps its one."""
    few = replace(servers.MEMBERS, members=Places(100, 3))
    monkeypatch.setattr("trusted_party.cli.wiring.MEMBERS", few)

    async def work():
        async with site.running(), contextlib.AsyncExitStack() as stack:
            ada, north = await site.member("ada", PeerRole.RESEARCHER), await site.member("north")
            agent = FakeAgent(north, site.port)
            async with running(agent):
                for number in range(6):
                    options = client_channel(f"127.0.0.1:{site.port}", ada.tls)
                    channel = await stack.enter_async_context(options)
                    await ResearchServiceStub(channel).ListStudies(ListStudiesRequest(), timeout=5)
                    assert number < 3 or len(site.hub.members._porch._members) <= 3 + 1
                study_id = await site.submit(ada, specification("north"))
                await site.until(ada, study_id, lambda status: status.state == "released")
                assert len([one for one in agent.events if type(one).__name__ == "Attached"]) <= 1

    run(work())
