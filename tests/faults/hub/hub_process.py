"""A hub as a process that computes with the fake child: ``hub_process.py HOME LISTEN ENROL_LISTEN``."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import replace
from pathlib import Path

from syncline.clock import SystemClock
from tests.process.hub.conftest import SETTINGS
from trusted_party.cli.home import HubHome
from trusted_party.cli.hub import running_hub
from trusted_party.datastore.event_log import start_logging


async def main(home: str, listen: str, enrol_listen: str) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    settings = replace(SETTINGS, listen=listen, enrol_listen=enrol_listen, lease_seconds=3.0)
    async with running_hub(HubHome(Path(home)), settings, SystemClock()):
        await stopped.wait()


if __name__ == "__main__":
    start_logging(human=False)
    asyncio.run(main(*sys.argv[1:]))
