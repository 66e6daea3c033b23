"""The agent as a process of its own, with a computing child that needs no data."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from supplier_agent.event_log import EventLog, bridge_core_logging
from supplier_agent.home import AgentHome
from supplier_agent.uplink.daemon import Settings, run_agent
from syncline.clock import SystemClock
from tests.process.agent.harness import FAKE_CHILD, PACE

if __name__ == "__main__":
    log = EventLog(SystemClock(), human=False)
    bridge_core_logging(log)
    settings = Settings(child_module=FAKE_CHILD, pace=PACE)
    asyncio.run(run_agent(AgentHome(Path(sys.argv[1])), SystemClock(), log, settings))
