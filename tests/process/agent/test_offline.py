"""What an agent does by itself: watch its certificate, tend its children, delete what is old."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import socket
import threading

import pytest

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

from supplier_agent.event_log import EventLog
from supplier_agent.tasks.child_pool import ChildPool
from supplier_agent.tasks.journal import open_journal, open_payloads
from supplier_agent.tasks.responder import study_payloads
from supplier_agent.tasks.retention import Retention
from supplier_agent.uplink.contact import EXPIRED, read_contact
from syncline.clock import SystemClock
from syncline.compute.child import ChildDied
from syncline.compute.work_limits import WorkLimits
from syncline.errors import UsageError
from syncline.identity.authority import pinned_root
from syncline.wire.refusals import PeerUnreachable
from syncline.wire.server_chain import fetch_chain, next_port, proxy_for, split_address, typed_address
from tests.process.agent.fake_hub import FakeHub, now
from tests.process.agent.harness import FAKE_CHILD, enrolled_home, request, running
from tests.unit.agent.small_study import specification


class LaterClock(SystemClock):
    """The system's clock, some days on."""

    def __init__(self, days: float) -> None:
        self.shift = dt.timedelta(days=days)

    def now(self) -> dt.datetime:
        return super().now() + self.shift


@pytest.mark.network
def test_an_expired_certificate_is_seen_without_a_hub(tmp_path):
    async def work():
        hub, log = FakeHub(), io.StringIO()
        await hub.start()
        home = await enrolled_home(hub, tmp_path / "agent")
        await hub.stop()
        async with running(home, log, clock=LaterClock(31)):
            async with asyncio.timeout(30):
                while "certificate has expired and was not renewed" not in log.getvalue():  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            contact = read_contact(home.contact)
        assert contact.state == EXPIRED
        assert "expired on" in contact.message

    asyncio.run(work())


@pytest.mark.network
def test_an_expired_certificate_is_renewed_in_the_grace_period(tmp_path):
    async def work():
        hub = FakeHub(leaf_days=1 / 86_400)
        await hub.start()
        home = await enrolled_home(hub, tmp_path / "agent")
        await asyncio.sleep(1.5)
        async with running(home):
            await hub.until(lambda: hub.attachments)
        await hub.stop()
        assert hub.renewals == 1

    asyncio.run(work())


def test_a_child_without_work_is_ended_and_started_again(tmp_path):
    async def work():
        pool = ChildPool(FAKE_CHILD, EventLog(SystemClock(), io.StringIO()), SystemClock(), idle_seconds=0.2)
        tending = asyncio.create_task(pool.tend())
        header = {"source": "x", "policy": {"min_cell": 1}}
        blobs = [specification(), request(0), b""]
        await pool.call("study", header, blobs, WorkLimits())
        child = pool.child_of("study")
        async with asyncio.timeout(10):
            while child.alive:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await pool.call("study", header, blobs, WorkLimits())
        calling = asyncio.create_task(
            pool.call("study", header, [blobs[0], request(0, sleep=60), b""], WorkLimits())
        )
        await asyncio.sleep(0.3)
        await pool.close()
        with pytest.raises(ChildDied):
            await calling
        tending.cancel()

    asyncio.run(work())


def test_old_payloads_go_and_needed_ones_stay(tmp_path):
    async def work():
        hub = FakeHub()
        await hub.start()
        home = await enrolled_home(hub, tmp_path / "agent")
        await hub.stop()
        payloads = open_payloads(home)
        store = study_payloads(payloads, "study-1")
        needed, old = store.put(b"needed"), store.put(b"old")
        with open_journal(home) as journal:
            journal.write_now(lambda c: _put_round(c, needed.hex()))
            log = EventLog(SystemClock(), io.StringIO())
            assert await Retention(journal, payloads, SystemClock(), log).sweep() == 0
            assert await Retention(journal, payloads, LaterClock(8), log).sweep() == 1
            assert (store.has(needed), store.has(old)) == (True, False)
            journal.write_now(lambda c: c.execute("UPDATE study SET state = 'ended'"))
            assert await Retention(journal, payloads, LaterClock(8), log).sweep() == 1
        assert not store.has(needed)

    asyncio.run(work())


def _put_round(connection, digest):
    connection.execute(
        "INSERT INTO study VALUES ('study-1', 'heart', x'', '', 'ada', x'', x'', 'approved', '',"
        " NULL, NULL, 0, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[]', '[]', NULL)"
    )
    connection.execute(
        "INSERT INTO round VALUES ('study-1', 0, 't', 1, ?, 6, 'received',"
        " NULL, NULL, NULL, NULL, 0, 1, NULL, NULL, 0, 0)",
        (digest,),
    )


@pytest.mark.parametrize(
    "text", ["hub.example.org:8443", "https://hub.example.org:8443", " https://hub.example.org:8443/ "]
)
def test_an_address_may_be_pasted_as_one_of_the_web(text):
    assert typed_address(text) == "hub.example.org:8443"


@pytest.mark.parametrize("text", ["http://hub:8443", "https://hub", "https://hub:8443/path", "hub:", "hub:٣"])
def test_what_is_no_address_of_a_hub_is_refused(text):
    with pytest.raises(UsageError, match="expected HOST:PORT"):
        typed_address(text)


def test_addresses():
    assert split_address("hub.example.org:8443") == ("hub.example.org", 8443)
    assert split_address("[::1]:8443") == ("::1", 8443)
    assert next_port("[::1]:8443") == "[::1]:8444"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"https_proxy": "http://proxy:3128"}, ("proxy", 3128)),
        ({"https_proxy": "proxy:3128"}, ("proxy", 3128)),
        ({"grpc_proxy": "http://first:1", "https_proxy": "http://second:2"}, ("first", 1)),
        ({"https_proxy": "http://proxy:3128", "no_proxy": "example.org"}, None),
        ({"https_proxy": "http://proxy:3128", "no_proxy": ".example.org,other"}, None),
        ({"https_proxy": "http://proxy:3128", "no_proxy": "ample.org"}, ("proxy", 3128)),
        ({"https_proxy": "http://proxy:3128", "no_grpc_proxy": "hub.example.org"}, None),
    ],
)
def test_the_proxy_of_the_environment(environment, expected):
    found = proxy_for("hub.example.org", 8443, environment)
    assert (None if found is None else (found.hostname, found.port)) == expected


@pytest.mark.network
def test_the_chain_is_fetched_through_a_connect_proxy():
    async def work():
        hub = FakeHub()
        await hub.start()
        with _proxy() as (port, seen):
            environment = {"https_proxy": f"http://127.0.0.1:{port}"}
            chain = await asyncio.to_thread(fetch_chain, hub.enrolment_address, environment)
        await hub.stop()
        assert pinned_root(chain, hub.authority.root_sha256, now()) == hub.authority.root_pem
        assert seen[0].startswith(f"CONNECT {hub.enrolment_address} HTTP/1".encode())

    asyncio.run(work())


def test_a_server_that_does_not_speak_tls_is_unreachable():
    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=lambda: listening.accept()[0].close(), daemon=True).start()
    with listening, pytest.raises(PeerUnreachable, match="check the address"):
        fetch_chain(f"127.0.0.1:{listening.getsockname()[1]}", {})


class _proxy:
    """A CONNECT proxy for one connection."""

    def __enter__(self):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.seen: list[bytes] = []
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self.listening.getsockname()[1], self.seen

    def __exit__(self, *error):
        self.listening.close()
        self.thread.join(5)

    def _serve(self):
        inner, _ = self.listening.accept()
        line = b""
        while not line.endswith(b"\r\n\r\n"):
            line += inner.recv(1)
        self.seen.append(line)
        host, port = line.split()[1].decode().rsplit(":", 1)
        outer = socket.create_connection((host, int(port)))
        inner.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        back = threading.Thread(target=self._pump, args=(outer, inner), daemon=True)
        back.start()
        self._pump(inner, outer)
        back.join(5)
        inner.close()
        outer.close()

    @staticmethod
    def _pump(source, sink):
        try:
            while data := source.recv(65_536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return
