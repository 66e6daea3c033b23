"""A throw-away server of PostgreSQL, reached by a socket in a directory of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

USER = "postgres"


@contextmanager
def running_server() -> Iterator[str]:
    """Yield the URL of a new server without its table, or skip where PostgreSQL is not installed."""
    programs = installed_programs()
    if not programs:
        pytest.skip("PostgreSQL's server is not installed: apt-get install postgresql")
    if os.geteuid() == 0 and not shutil.which("runuser"):
        pytest.skip("PostgreSQL does not run as root, and runuser is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path is at most 107 bytes long
    if os.geteuid() == 0:
        shutil.chown(folder, USER)
    control = str(programs[-1].with_name("pg_ctl"))
    options = f"-F -c listen_addresses= -c unix_socket_directories={folder}"
    try:
        run([str(programs[-1]), "-D", f"{folder}/data", "-A", "trust", "-U", USER, "-E", "UTF8", "--no-sync"])
        run([control, "-D", f"{folder}/data", "-w", "-o", options, "-l", f"{folder}/log", "start"])
        try:
            yield f"postgresql:///postgres?host={folder}&user={USER}"
        finally:
            run([control, "-D", f"{folder}/data", "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder)


def installed_programs() -> list[Path]:
    """Return ``initdb`` of each version that Debian's packages installed, the newest last."""
    return sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def restart(url: str) -> None:
    """Let the server at a URL of :func:`running_server` crash, and start it again."""
    folder = re.search(r"host=([^&]+)", url)
    assert folder is not None
    control = str(installed_programs()[-1].with_name("pg_ctl"))
    run([control, "-D", f"{folder[1]}/data", "-w", "-m", "immediate", "restart", "-l", f"{folder[1]}/log"])


def run(command: Sequence[str]) -> None:
    """Run a program of the server as a user who is not root."""
    prefix = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
    subprocess.run([*prefix, *command], check=True, cwd="/", stdout=subprocess.DEVNULL)
