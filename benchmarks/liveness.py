"""How soon a frozen agent is noticed, agents are back after a hub restart, and a ban is felt.

Times are read off the daemons' own event logs; the goals stand beside them.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.processes import found
from syncline.cli.demo.stage import Stage

PATIENCE_SECONDS = 60.0


def run() -> None:
    """Print the times beside their goals."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        (home / "logs").mkdir()
        data = home / "data.csv"
        data.write_text("x\n1\n")
        with Stage(home / "logs") as stage:
            address = found(stage, home, {"one": data, "two": data}, "0" * 64)
            _wait_for(home, "hub", "agent_attached", None, 2)
            print(f"{'frozen agent noticed':<34} {_frozen(home):7.2f} s   goal 12 s")
            print(
                f"{'reconnected after hub kill -9':<34} {_restarted(stage, home, address):7.2f} s   goal 4 s"
            )
            print(f"{'ban felt by an open stream':<34} {_banned(stage, home) * 1000:7.0f} ms  goal 50 ms")


def _frozen(home: Path) -> float:
    agent = _process(f"supplier_agent run --home {home / 'one'}")
    began = _now()
    agent.send_signal(signal.SIGSTOP)
    try:
        return _wait_for(home, "hub", "agent_lost", began) - began
    finally:
        agent.send_signal(signal.SIGCONT)
        _wait_for(home, "hub", "agent_attached", began)


def _restarted(stage: Stage, home: Path, address: str) -> float:
    hub = _process(f"trusted_party serve --home {home / 'hub'}")
    hub.kill()
    hub.wait()
    stage.daemon(
        "hub-again", "trusted_party", "serve", "--home", str(home / "hub"), "--listen", address, "--json"
    )
    listening = _wait_for(home, "hub-again", "hub_listening", None)
    return _wait_for(home, "hub-again", "agent_attached", None, 2) - listening


def _banned(stage: Stage, home: Path) -> float:
    """Return the seconds from the ban's commit, by its audit entry, to the end of the stream."""
    line = [sys.executable, "-m", "trusted_party", "suppliers", "ban", "two", "--home", str(home / "hub")]
    began = _now()
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
    ended = _wait_for(home, "hub-again", "agent_detached", began)
    exported = home / "audit.jsonl"
    stage.command("trusted_party", "audit", "export", "--out", str(exported), "--home", str(home / "hub"))
    entries = [json.loads(entry) for entry in exported.read_text().splitlines()]
    return ended - next(e["time_us"] for e in entries if "ban" in e["kind"]) / 1e6


def _process(words: str) -> psutil.Process:
    """Return the descendant whose command line holds ``words``."""
    for process in psutil.Process(os.getpid()).children(recursive=True):
        if words in " ".join(process.cmdline()):
            return process
    raise SystemExit(f"no process runs '{words}'")


def _wait_for(home: Path, log: str, event: str, since: float | None, times: int = 1) -> float:
    """Return when ``event`` was logged for the nth time after ``since``, in seconds since 1970."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        lines = (home / "logs" / f"{log}.log").read_text().splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        stamps = [_stamp(entry["time"]) for entry in entries if entry["event"] == event]
        stamps = [stamp for stamp in stamps if since is None or stamp >= since]
        if len(stamps) >= times:
            return stamps[times - 1]
        time.sleep(0.05)
    raise SystemExit(f"'{event}' was not logged by {log} within {PATIENCE_SECONDS:.0f} s")


def _stamp(text: str) -> float:
    return dt.datetime.fromisoformat(text).timestamp()


def _now() -> float:
    return dt.datetime.now(dt.UTC).timestamp()
