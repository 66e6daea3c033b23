"""``trusted-party serve``: the daemon, in a terminal or under systemd."""

from __future__ import annotations

import asyncio
import resource
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from syncline.clock import SystemClock
from syncline.wire.server_chain import next_port, split_address
from trusted_party.cli.home import HubHome
from trusted_party.cli.options import AsJson, Home, hub_home
from trusted_party.datastore.event_log import start_logging

if TYPE_CHECKING:
    from syncline.compute.work_limits import WorkLimits
    from trusted_party.cli.hub import HubSettings

DESCRIPTORS = 16384
"""Open files of a hub whose members hold every place: three for each connection."""


def serve(
    listen: Annotated[str, typer.Option("--listen", help="HOST:PORT for members, under mutual TLS.")],
    enrol_listen: Annotated[
        str | None, typer.Option("--enrol-listen", help="HOST:PORT for enrolment; one port up by default.")
    ] = None,
    rows_days: Annotated[
        int, typer.Option("--rows-days", min=1, help="Days for which rows of suppliers are kept at most.")
    ] = 30,
    most_rows: Annotated[
        int, typer.Option("--most-rows", min=1, help="Rows of one release at most.")
    ] = 10_000_000,
    compute_minutes: Annotated[
        float, typer.Option("--compute-minutes", min=0.1, help="Minutes that one step may take.")
    ] = 60.0,
    compute_cpu_minutes: Annotated[
        float,
        typer.Option("--compute-cpu-minutes", min=0.1, help="Minutes of processors that one step may take."),
    ] = 60.0,
    compute_memory: Annotated[
        int | None,
        typer.Option(
            "--compute-memory",
            min=256,
            help="MiB of memory of the computing process; three quarters of the machine's by default.",
        ),
    ] = None,
    compute_rows: Annotated[
        int, typer.Option("--compute-rows", min=1, help="Rows of one table at most.")
    ] = 100_000_000,
    compute_cells: Annotated[
        int, typer.Option("--compute-cells", min=1, help="Rows times columns of one table at most.")
    ] = 10_000_000_000,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Serve until SIGTERM or SIGINT; the log is JSON lines unless standard error is a terminal."""
    split_address(listen)
    enrolling = enrol_listen or next_port(listen)
    split_address(enrolling)
    start_logging(human=False if as_json else None)
    _allow_descriptors()
    from trusted_party.cli.hub import HubSettings

    work = _limits(compute_rows, compute_cells, compute_minutes, compute_cpu_minutes, compute_memory)
    settings = HubSettings(listen, enrolling, rows_days=rows_days, most_rows=most_rows, work=work)
    asyncio.run(_serve(hub_home(home), settings))


def _limits(rows: int, cells: int, minutes: float, cpu_minutes: float, memory_mib: int | None) -> WorkLimits:
    """Return what the computing process may take; None leaves its memory to the machine's."""
    from trusted_party.cli.hub import hub_limits

    work = replace(
        hub_limits(), rows=rows, cells=cells, wall_seconds=minutes * 60, cpu_seconds=cpu_minutes * 60
    )
    return work if memory_mib is None else replace(work, memory_bytes=memory_mib << 20)


def _allow_descriptors() -> None:
    """Raise the soft limit of open files: each connection has three of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _serve(home: HubHome, settings: HubSettings) -> None:
    from trusted_party.cli.hub import running_hub

    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with running_hub(home, settings, SystemClock()):
        await stopped.wait()
