"""An agent that waits for work must stay small: it runs beside whatever else a supplier's machine does."""

from __future__ import annotations

import asyncio
import json
import sys

import psutil
import pytest

from tests.process.agent.fake_hub import FakeHub
from tests.process.agent.harness import enrolled_home, rows
from tests.process.agent.test_agent import wait_for
from tests.unit.agent.small_study import specification

pytestmark = pytest.mark.network
MOST_BYTES = 65_000_000
HEAVY = ("numpy", "pyarrow", "pandas", "sqlalchemy", "rich", "typer", "pydantic", "ruamel.yaml")


def test_an_idle_agent_takes_65_megabytes_at_most(tmp_path):
    async def work():
        hub = FakeHub()
        await hub.start()
        home = await enrolled_home(hub, tmp_path / "agent")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "supplier_agent", "run", "--home", str(home.root)),
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await hub.send(hub.proposal(specification()))
            await hub.until(lambda: len(hub.beats) > 1)
            await wait_for(lambda: rows(home, "SELECT state FROM study") == [("waiting",)])
            contact = json.loads(home.contact.read_text())
            assert contact["state"] == "connected"
            return psutil.Process(process.pid).memory_info().rss
        finally:
            process.terminate()
            await process.wait()
            await hub.stop()

    held = asyncio.run(work())
    print(f"idle agent: {held / 1e6:.1f} MB")
    assert held <= MOST_BYTES


def test_the_daemon_imports_nothing_heavy():
    code = (
        "import sys, supplier_agent.cli, supplier_agent.cli.running;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    async def work():
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        return out.decode().strip()

    assert asyncio.run(work()) == "[]"
