"""Who floods the hub below its calls: frames without end, half messages, answers that nobody reads."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.identity.peer import PeerRole
from syncline.wire.gen.syncline.v1.research_pb2 import ListStudiesRequest
from syncline.wire.transport import MAX_MESSAGE_BYTES
from tests.house.repository import ROOT
from tests.process.hub.clients import enrol, eventually
from tests.process.hub.conftest import run, site  # noqa: F401  (fixtures)
from tests.security.http2_callers import WINDOW
from trusted_party.api import call_rate, gate, relay, servers
from trusted_party.api.porch import Porch
from trusted_party.api.relay import Caller

pytestmark = [pytest.mark.network]

ATTACKER = "127.0.1.7"
OF_STRANGERS = (
    *("silent", "slow_headers", "calls", "resets", "continuations", "compressed_headers"),
    *("settings", "unread", "pings", "windows", "empty_data"),
)


@dataclass
class Flood:
    """A running attack; ``taken`` are the bytes that the hub took, once it ended."""

    taken: int = 0


@contextlib.asynccontextmanager
async def flood(attack: str, port: int, pair: tuple[Path, ...] = (), count: int = 4) -> AsyncIterator[Flood]:
    """Attack from an address of its own during the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.security.http2_callers", attack, str(port), ATTACKER, str(count)),
        *map(str, pair),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert await process.stdout.readline() == b"attacking\n"
    ongoing = Flood()
    try:
        yield ongoing
    finally:
        process.stdin.close()
        ongoing.taken = int(await process.stdout.readline())
        await process.wait()


def files(member, directory: Path) -> tuple[Path, Path]:
    """Write down a member's certificate and key, as the attacking process reads them."""
    pair = directory / "attacker.crt", directory / "attacker.key"
    for path, content in zip(pair, (member.tls.certificate, member.tls.private_key), strict=True):
        path.write_bytes(content)
    return pair


async def answered(ada, site) -> None:  # noqa: F811
    """Return once the hub has answered on a new connection."""
    async with ada.research(site.port) as stub:
        await stub.ListStudies(ListStudiesRequest(), timeout=30, wait_for_ready=True)


def read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read strangers as fast as they send."""
    monkeypatch.setattr(relay, "STRANGER_RATE", 1 << 40)


@pytest.mark.parametrize("attack", OF_STRANGERS)
@pytest.mark.parametrize("enrolled", [False, True], ids=["stranger", "supplier"])
def test_a_flood_keeps_nobody_out(site, run, tmp_path, attack, enrolled):  # noqa: F811
    async def work():
        async with site.running():
            ada, token = (
                await site.member("ada", PeerRole.RESEARCHER),
                await asyncio.to_thread(site.invite, "new"),
            )
            pair = files(await site.member("north"), tmp_path) if enrolled else ()
            async with flood(attack, site.port if enrolled else site.enrol_port, pair):
                await asyncio.sleep(1)
                await answered(ada, site)
                await enrol(site.enrol_port, site.authority, token)

    run(work())


def wait_for_what_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> list[asyncio.Transport]:
    """End the inner half of a connection after what is under way; return the halves, which fill."""
    lost, left = relay.Caller.connection_lost, []
    read_at_once(monkeypatch)

    def lost_gently(self, exc):
        other, self.other = self.other, None
        lost(self, exc)
        if other is not None:
            left.append(other.transport)
            other.transport.close()

    monkeypatch.setattr(relay.Caller, "connection_lost", lost_gently)
    return left


@pytest.mark.parametrize("defended", [True, False])
def test_of_a_caller_who_read_no_answer_nothing_is_left(site, run, monkeypatch, defended):  # noqa: F811
    """Both directions are full: gRPC waits for its answers to be read, and reads no more itself."""
    left = [] if defended else wait_for_what_nobody_reads(monkeypatch)

    def sockets() -> int:
        return sum(
            "socket" in str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()
        )

    async def work():
        async with site.running():
            before = sockets()
            async with flood("unread", site.enrol_port):
                await asyncio.sleep(2)
            if defended:
                await eventually(lambda: sockets() == before)
            else:
                await asyncio.sleep(2)
                assert sockets() == before + 2 * 4
            for transport in left:
                site.hub.enrolment._porch._loop.call_soon_threadsafe(transport.abort)

    run(work())


@pytest.mark.parametrize("defended", [True, False])
def test_a_hub_stops_though_a_caller_reads_no_answer(site, run, monkeypatch, defended):  # noqa: F811
    if not defended:
        monkeypatch.setattr(servers, "CLOSE_SECONDS", 3600.0)
        read_at_once(monkeypatch)

    async def serve(serving: asyncio.Event, leave: asyncio.Event) -> None:
        async with site.running():
            serving.set()
            await leave.wait()

    async def work():
        serving, leave = asyncio.Event(), asyncio.Event()
        hub = asyncio.create_task(serve(serving, leave))
        await serving.wait()
        async with flood("unread", site.enrol_port):
            await asyncio.sleep(2)
            leave.set()
            done, _ = await asyncio.wait([hub], timeout=20 if defended else 4)
            assert bool(done) is defended
        await hub

    run(work())


@pytest.mark.parametrize("defended", [True, False])
def test_half_messages_of_a_member_fill_its_own_places_alone(site, run, monkeypatch, tmp_path, defended):  # noqa: F811
    """What gRPC takes of a message that is not read is a window of 64 KiB."""
    monkeypatch.setattr(gate, "CALLS_OF_ONE", 2 if defended else 10**6)
    monkeypatch.setattr(gate, "PLACE_SECONDS", 60.0)

    async def work():
        async with site.running():
            ada, pair = (
                await site.member("ada", PeerRole.RESEARCHER),
                files(await site.member("north"), tmp_path),
            )
            async with flood("half_messages", site.port, pair, count=1) as ongoing:
                await asyncio.sleep(3)
                await answered(ada, site)
            most = 2 * MAX_MESSAGE_BYTES + servers.MEMBER_STREAMS * (WINDOW + 1000)
            assert (ongoing.taken <= most) is defended

    run(work())


@pytest.mark.parametrize("defended", [True, False])
def test_a_member_that_calls_too_fast_loses_its_connection(site, run, monkeypatch, defended):  # noqa: F811
    if defended:
        monkeypatch.setattr(call_rate, "BURST", 5)
        monkeypatch.setattr(call_rate, "CALLS_PER_SECOND", 5.0)

    async def work():
        async with site.running():
            ada, bob = (
                await site.member("ada", PeerRole.RESEARCHER),
                await site.member("bob", PeerRole.RESEARCHER),
            )
            async with ada.research(site.port) as stub:
                calls = [stub.ListStudies(ListStudiesRequest(), timeout=10) for _ in range(30)]
                said = await asyncio.gather(*calls, return_exceptions=True)
                refused = [one for one in said if isinstance(one, grpc.aio.AioRpcError)]
                assert bool(refused) is defended
                assert {one.code() for one in refused} <= {grpc.StatusCode.UNAVAILABLE}
                await answered(bob, site)
                await asyncio.sleep(1)
                await answered(ada, site)

    run(work())


def test_an_address_belongs_to_one_of_several_queues(site, run):  # noqa: F811
    """What others send waits elsewhere; nobody can compute where."""

    async def work():
        async with site.running():
            porch: Porch = site.hub.members._porch
            dealt = {host: porch.inside(Caller(porch, host)) for host in (f"192.0.2.{n}" for n in range(99))}
            assert len(set(dealt.values())) == servers.QUEUES
            assert all(porch.inside(Caller(porch, host)) == place for host, place in dealt.items())

    run(work())


NEIGHBOURS = 8
"""Connections of the attacker, from the address of everybody else."""


@pytest.mark.parametrize("defended", [True, False])
@pytest.mark.parametrize("enrolled", [False, True], ids=["stranger", "supplier"])
@pytest.mark.parametrize("attack", ["compressed_headers", "continuations"])
def test_who_shares_the_address_of_a_flood_is_served(
    site,  # noqa: F811
    run,  # noqa: F811
    tmp_path,
    monkeypatch,
    attack,
    enrolled,
    defended,
):
    """Before a call has shown a certificate a connection is read slowly, and so keeps no server busy."""
    read, received, rate = [], Caller.data_received, relay.STRANGER_RATE
    monkeypatch.setattr(sys.modules[__name__], "ATTACKER", "127.0.0.1")
    monkeypatch.setattr(
        Caller, "data_received", lambda self, data: (read.append(len(data)), received(self, data))
    )
    if not defended:
        read_at_once(monkeypatch)

    async def work():
        async with site.running():
            ada = await site.member("ada", PeerRole.RESEARCHER)
            token = await asyncio.to_thread(site.invite, "new")
            pair = files(await site.member("north"), tmp_path) if enrolled else ()
            port, clock = site.port if enrolled else site.enrol_port, asyncio.get_running_loop().time
            began, before = clock(), sum(read)
            async with flood(attack, port, pair, NEIGHBOURS):
                await asyncio.sleep(3)
                if defended:
                    await answered(ada, site)
                    await enrol(site.enrol_port, site.authority, token)
                most = relay.STRANGER_BYTES + relay.STRANGER_READ + rate * (clock() - began)
                assert (sum(read) - before <= NEIGHBOURS * most) is defended

    run(work())


@pytest.mark.parametrize("defended", [True, False])
def test_headers_without_end_lose_their_connection(site, run, tmp_path, monkeypatch, defended):  # noqa: F811
    """However fast it is read, and however many calls a member may make."""
    read_at_once(monkeypatch)
    monkeypatch.setattr(call_rate, "BURST", 10**9)
    if not defended:
        monkeypatch.setattr(gate, "MOST_HEADERS", 10**9)

    async def work():
        async with site.running():
            pair = files(await site.member("north"), tmp_path)
            async with flood("compressed_headers", site.port, pair):
                callers = site.hub.members._porch._callers
                if defended:
                    await eventually(lambda: not callers)
                else:
                    await asyncio.sleep(2)
                    assert len(callers) == 4

    run(work())


@given(st.lists(st.tuples(st.integers(0, 1 << 18), st.floats(0, 5)), max_size=50))
def test_no_stranger_is_read_faster_than_its_pace(reads):
    """Whoever rests as told has been read the bytes of the beginning, those of its time, and one read."""
    now, taken = 0.0, 0
    pace = relay.Pace(now)
    for size, waits in reads:
        rest = pace.rest(size, now)
        taken += size
        assert taken <= relay.STRANGER_BYTES + relay.STRANGER_RATE * now + size + 1
        now += rest + waits
