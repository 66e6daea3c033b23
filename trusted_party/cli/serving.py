"""``trusted-party serve``: the daemon, in a terminal or under systemd."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from syncline.clock import SystemClock
from syncline.wire.server_chain import next_port, split_address
from trusted_party.cli.home import HubHome
from trusted_party.cli.options import AsJson, Home, hub_home
from trusted_party.datastore.event_log import start_logging


def serve(
    listen: Annotated[str, typer.Option("--listen", help="HOST:PORT for members, under mutual TLS.")],
    enrol_listen: Annotated[
        str | None, typer.Option("--enrol-listen", help="HOST:PORT for enrolment; one port up by default.")
    ] = None,
    rows_days: Annotated[
        int, typer.Option("--rows-days", min=1, help="Days for which rows of suppliers are kept at most.")
    ] = 30,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Serve until SIGTERM or SIGINT; the log is JSON lines unless standard error is a terminal."""
    split_address(listen)
    enrolling = enrol_listen or next_port(listen)
    split_address(enrolling)
    start_logging(human=False if as_json else None)
    asyncio.run(_serve(hub_home(home), listen, enrolling, rows_days))


async def _serve(home: HubHome, listen: str, enrol_listen: str, rows_days: int) -> None:
    from trusted_party.cli.hub import HubSettings, running_hub

    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with running_hub(home, HubSettings(listen, enrol_listen, rows_days=rows_days), SystemClock()):
        await stopped.wait()
