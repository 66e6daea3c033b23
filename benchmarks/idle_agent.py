"""Resident memory of an agent that is connected and has nothing to do."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.processes import found, resident_mb
from syncline.cli.demo.stage import Stage

SETTLING_SECONDS = 8.0


def run() -> None:
    """Print the agent's and the hub's resident memory, idle."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        (home / "logs").mkdir()
        data = home / "data.csv"
        data.write_text("x\n1\n")
        with Stage(home / "logs") as stage:
            found(stage, home, {"one": data}, "0" * 64)
            time.sleep(SETTLING_SECONDS)
            for name in ("supplier_agent", "trusted_party"):
                for _, mb in resident_mb(name):
                    print(f"{name:<20} {mb:6.1f} MB resident, idle, one mutual-TLS stream open")
