"""Rows of 100 MiB from an agent to the hub: journal, encryption and mutual TLS beside a bare stream.

The payload is what flow ``raw`` sends. In the second run the hub is killed in the middle and started again;
what the agent sends beyond the payload is what it sent twice. The floor streams the same bytes with SHA-256
over grpc.aio with mutual TLS, in chunks of 1 MiB, to a file.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.bare_stream import send
from benchmarks.counting_proxy import CountingProxy
from benchmarks.processes import POLICY
from syncline.cli.demo.stage import Stage, free_ports
from syncline.study.spec import StudySpec

MIB = 1 << 20
COLUMNS, ROWS = 10, 1_400_000
PATIENCE_SECONDS = 300.0
STUDY = """\
syncline: 1
study: {name}
schema: {{variables: [{variables}]}}
suppliers: [{{name: one, dataset: data, flow: raw}}]
quorum: {{min_suppliers: 1}}
synthesizer: {{method: marginals}}
privacy: {{min_cell: 1}}
validation: none
release: {{gate: none, approvals: 0}}
"""


def run() -> None:
    """Print seconds, bytes and the hub's memory, with and without a kill, beside the floor."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        (home / "logs").mkdir()
        table = _table(home / "data.parquet")
        with Stage(home / "logs") as stage:
            proxy = _found(stage, home, table)
            plain = _transfer(stage, home, proxy, "plain", kill_after=None)
            killed = _transfer(stage, home, proxy, "killed", kill_after=plain.payload // 2)
        floor = _floor(home, plain.payload)
    size = plain.payload / MIB
    print(f"{f'{size:.0f} MiB of rows, one agent':<34} {'seconds':>8} {'sent twice MiB':>15} {'hub MB':>7}")
    print(f"{'bare stream, mutual TLS, to a file':<34} {floor:8.2f} {0.0:15.1f}")
    for name, one in (("syncline", plain), ("syncline, hub killed half-way", killed)):
        print(f"{name:<34} {one.seconds:8.2f} {one.twice / MIB:15.1f} {one.hub_mb:7.0f}")


@dataclass(frozen=True, slots=True)
class _Outcome:
    payload: int
    seconds: float
    twice: int
    hub_mb: float


def _table(path: Path) -> Path:
    rng = np.random.default_rng(1)
    columns = {f"c{place}": rng.random(ROWS) for place in range(COLUMNS)}
    pq.write_table(pa.table(columns), path, compression="none")
    return path


def _found(stage: Stage, home: Path, table: Path) -> CountingProxy:
    port, _ = free_ports()
    address, hub = f"127.0.0.1:{port}", str(home / "hub")
    stage.command("trusted_party", "init", "--home", hub, "--host", "127.0.0.1")
    stage.daemon("hub", "trusted_party", "serve", "--home", hub, "--listen", address, "--json")
    stage.wait_for_port(port + 1)
    proxy = CountingProxy(port)
    enrolment = ("--enrolment", f"127.0.0.1:{port + 1}")
    tokens = {
        name: stage.command("trusted_party", "invite", name, "--role", role, "--home", hub, "--json")["token"]
        for name, role in (("one", "supplier"), ("me", "researcher"))
    }
    own = str(home / "one")
    at = f"127.0.0.1:{proxy.port}"
    stage.command("supplier_agent", "enrol", tokens["one"], "--hub", at, *enrolment, "--home", own)
    stage.command("supplier_agent", "datasets", "add", "data", str(table), "--home", own)
    stage.command("syncline.cli", "login", tokens["me"], "--hub", address, "--home", str(home / "me"))
    digests = ", ".join(StudySpec.from_yaml(_study(home, name)).digest for name in ("plain", "killed"))
    (home / "one" / "policy.yaml").write_text(POLICY.format(digest=digests))
    stage.daemon("one", "supplier_agent", "run", "--home", own, "--json")
    return proxy


def _study(home: Path, name: str) -> Path:
    variables = ", ".join(f"{{name: c{place}, kind: continuous}}" for place in range(COLUMNS))
    path = home / f"{name}.yaml"
    path.write_text(STUDY.format(name=name, variables=variables))
    return path


def _transfer(stage: Stage, home: Path, proxy: CountingProxy, name: str, kill_after: int | None) -> _Outcome:
    """Submit a study, follow its one transfer, cancel it; return what the transfer took."""
    log = "hub" if kill_after is None else "hub-again"
    me = ("--home", str(home / "me"))
    proxy.sent = 0
    stage.command("syncline.cli", "studies", "submit", str(_study(home, name)), *me)
    _until(lambda: proxy.sent > MIB)
    began = time.monotonic()
    hub_mb = 0.0
    if kill_after is not None:
        _until(lambda: proxy.sent > kill_after)
        _kill_hub(home)
        listen = _listen(home)
        line = ("serve", "--home", str(home / "hub"), "--listen", listen, "--json")
        stage.daemon(log, "trusted_party", *line)
    received = None
    while received is None:
        received = _received(home / "logs" / f"{log}.log")
        hub_mb = max(hub_mb, _hub_mb(home))
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise SystemExit(f"the rows did not arrive within {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.02)
    seconds = time.monotonic() - began
    stage.command("syncline.cli", "studies", "cancel", name, "--reason", "measured", *me)
    return _Outcome(received, seconds, proxy.sent - received, hub_mb)


def _received(log: Path) -> int | None:
    """Return the size of the last reply that the hub says it received."""
    if not log.exists():
        return None
    entries = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    sizes = [entry["bytes"] for entry in entries if entry["event"] == "reply_received"]
    return int(sizes[-1]) if sizes else None


def _hub(home: Path) -> psutil.Process | None:
    for process in psutil.Process(os.getpid()).children(recursive=True):
        if f"serve --home {home / 'hub'}" in " ".join(process.cmdline()):
            return process
    return None


def _hub_mb(home: Path) -> float:
    try:
        process = _hub(home)
        return 0.0 if process is None else process.memory_info().rss / 2**20
    except psutil.Error:
        return 0.0


def _listen(home: Path) -> str:
    member = json.loads((home / "me" / "identity" / "member.json").read_text())
    return str(member["hub"])


def _kill_hub(home: Path) -> None:
    process = _hub(home)
    assert process is not None
    process.kill()
    process.wait()


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit("the transfer did not begin")
        time.sleep(0.005)


def _floor(home: Path, size: int) -> float:
    """Return the seconds in which a bare gRPC stream under mutual TLS carries ``size`` bytes to a file."""
    line = [sys.executable, "-m", "benchmarks.bare_stream", str(home / "floor"), str(home / "hub")]
    server = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        port = int(server.stdout.readline())
        return asyncio.run(send(port, home / "one" / "identity", _chunks(size)))
    finally:
        server.terminate()
        server.wait()


async def _chunks(size: int) -> AsyncIterator[bytes]:
    """Yield ``size`` bytes, digested as the agent digests them."""
    piece, digest = os.urandom(MIB), hashlib.sha256()
    for _ in range(-(-size // MIB)):
        digest.update(piece)
        yield piece
