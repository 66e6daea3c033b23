"""``supplier-agent run``: the daemon, in a terminal or under systemd."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from supplier_agent.cli.examples import RUN
from supplier_agent.event_log import EventLog, bridge_core_logging
from supplier_agent.home import AgentHome, default_home
from supplier_agent.uplink.daemon import run_agent
from syncline.cli.terminal import say
from syncline.clock import SystemClock
from syncline.errors import SynclineError, UsageError


class _Parser(argparse.ArgumentParser):
    """Raise what is wrong with a command line instead of printing several lines."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see 'supplier-agent run --help'")


def run(arguments: Sequence[str]) -> None:
    """Run the agent until SIGTERM or SIGINT."""
    parser = _Parser(
        "supplier-agent run",
        description="Run the agent until it is stopped.",
        epilog=f"Example:\n  {RUN}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--home", type=Path, default=default_home(), help="default: ~/.syncline/agent")
    parser.add_argument("--json", action="store_true", help="log JSON lines also on a terminal")
    try:
        options = parser.parse_args(arguments)
        clock = SystemClock()
        log = EventLog(clock, human=False if options.json else None)
        bridge_core_logging(log)
        asyncio.run(run_agent(AgentHome(options.home.absolute()), clock, log))
    except SynclineError as error:
        say(f"error: {error}", err=True)
        sys.exit(error.exit_code)
