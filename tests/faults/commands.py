"""A command of the user, run to its end."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping

from tests.faults.daemons import ROOT

COMMAND_SECONDS = 60.0


async def command(*line: str, faults: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Return the command's status and what it wrote to standard error."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *line),
        cwd=ROOT,
        env={**os.environ, **(faults or {})},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, errors = await asyncio.wait_for(process.communicate(), COMMAND_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, errors.decode()


async def patient_command(*line: str) -> tuple[int, str]:
    """Repeat a command until the hub answers it."""
    async with asyncio.timeout(COMMAND_SECONDS):
        while "does not answer" in (answer := await command(*line))[1]:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return answer
