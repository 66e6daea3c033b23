from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from syncline.durable.home_lock import HomeLock
from syncline.errors import StorageError, UsageError

HOLD = """
import sys, time
from pathlib import Path
from syncline.durable.home_lock import HomeLock
lock = HomeLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_holder_hears_the_first_ones_process_id(tmp_path: Path) -> None:
    with HomeLock(tmp_path), pytest.raises(UsageError, match=f"in use by process {os.getpid()}: stop it"):
        HomeLock(tmp_path)


def test_a_released_home_may_be_taken(tmp_path: Path) -> None:
    HomeLock(tmp_path).release()
    HomeLock(tmp_path).release()


@pytest.mark.faults
def test_a_killed_holder_holds_no_longer(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(UsageError, match=f"process {holder.pid}"):
            HomeLock(tmp_path)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    HomeLock(tmp_path).release()


def test_a_missing_home_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nowhere"):
        HomeLock(tmp_path / "nowhere")
