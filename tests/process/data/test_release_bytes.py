"""The bytes of a release are those of any other process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from syncline.data.release_table import write_release_parquet
from tests.unit.data.test_release_table import SCHEMA, drawn, sha256


def test_bytes_do_not_depend_on_the_process(tmp_path: Path) -> None:
    write_release_parquet(tmp_path / "here.parquet", SCHEMA, [drawn(500)])
    code = (
        "import sys; from pathlib import Path; from tests.unit.data.test_release_table import *;"
        "write_release_parquet(Path(sys.argv[1]), SCHEMA, [drawn(500)])"
    )
    there = tmp_path / "there.parquet"
    command = [sys.executable, "-c", code, str(there)]
    root = Path(__file__).parents[3]
    subprocess.run(command, check=True, cwd=root, env={"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"})
    assert sha256(there) == sha256(tmp_path / "here.parquet")
