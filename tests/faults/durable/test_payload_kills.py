"""A payload whose writer is killed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from syncline.durable.payloads import PayloadStore
from tests.unit.durable.test_payloads import KEK

ROOT = Path(__file__).parents[3]
SENDER = """
import sys
from pathlib import Path
from syncline.durable.payloads import PayloadStore
data = bytes(range(256)) * 4096 * 3
print(PayloadStore(Path(sys.argv[1]), bytes(range(32))).put(data).hex(), flush=True)
"""


@pytest.mark.faults
@pytest.mark.parametrize("point", ["payload:before-rename", "payload:after-rename"])
def test_a_kill_around_the_rename_loses_nothing(tmp_path: Path, point: str) -> None:
    data = bytes(range(256)) * 4096 * 3
    digest = hashlib.sha256(data).digest()
    command = [sys.executable, "-c", SENDER, str(tmp_path)]
    environment = {**os.environ, "SYNCLINE_CRASH_AT": f"{point}#1", "PYTHONPATH": str(ROOT)}
    assert subprocess.run(command, env=environment, timeout=60, check=False).returncode == -9
    store = PayloadStore(tmp_path, KEK)
    assert store.has(digest) is (point == "payload:after-rename")
    with store.open_upload(digest, len(data)) as upload:
        assert upload.missing_chunks() == []
        upload.finish()
    assert store.get(digest) == data
