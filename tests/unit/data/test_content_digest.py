"""The digest of a table's content follows names, types and values, and nothing else."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from syncline.data.content_digest import content_sha256
from syncline.errors import DataError

TABLE = pa.table({"n": [1, None, -2], "t": ["é", "", None], "f": [0.5, -0.0, None]})


def test_a_known_answer() -> None:
    """The encoding may never change: this is computed by hand from its description."""

    def sha(content: bytes) -> str:
        return hashlib.sha256(content).hexdigest()

    def lengths(*numbers: int) -> str:
        return sha(b"".join(number.to_bytes(8, "little", signed=True) for number in numbers))

    columns = [
        {
            "name": "n",
            "type": "integer",
            "lengths": lengths(8, -1, 8),
            "values": sha((1).to_bytes(8, "little") + (-2).to_bytes(8, "little", signed=True)),
        },
        {"name": "t", "type": "text", "lengths": lengths(2, 0, -1), "values": sha("é".encode())},
        {
            "name": "f",
            "type": "number",
            "lengths": lengths(8, 8, -1),
            "values": sha(bytes.fromhex("000000000000e03f") + bytes(8)),
        },
    ]
    document = {"columns": columns, "format": 1, "rows": 3}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert content_sha256(TABLE) == sha(text.encode())


def test_encodings_and_chunks_leave_no_trace(tmp_path: Path) -> None:
    expected = content_sha256(TABLE)
    assert content_sha256(pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1)])) == expected
    for options in ({"compression": "gzip"}, {"row_group_size": 1}, {"use_dictionary": False}):
        pq.write_table(TABLE, tmp_path / "t.parquet", **options)
        assert content_sha256(tmp_path / "t.parquet") == expected


@pytest.mark.parametrize(
    "changed",
    [
        TABLE.rename_columns(["n", "t", "g"]),
        TABLE.select(["t", "n", "f"]),
        TABLE.slice(0, 2),
        TABLE.set_column(0, "n", pa.array([1, 0, -2])),
        TABLE.set_column(0, "n", pa.array([1, None, -2], pa.int64()).cast(pa.float64())),
        TABLE.set_column(1, "t", pa.array(["", "é", None])),
        TABLE.set_column(1, "t", pa.array(["é", None, ""])),
        TABLE.set_column(0, "n", pa.array([None, 1, -2])),
        TABLE.set_column(0, "n", pa.array([1, None, -2], pa.timestamp("us"))),
        TABLE.set_column(0, "n", pa.array([1, None, -2], pa.timestamp("us", "UTC"))),
    ],
)
def test_every_change_is_seen(changed: pa.Table) -> None:
    assert content_sha256(changed) != content_sha256(TABLE)


def test_what_no_release_holds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="column 'x': no release holds the type float"):
        content_sha256(pa.table({"x": pa.array([1.0], pa.float32())}))
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    for name in ("t.parquet", "absent.parquet"):
        with pytest.raises(DataError, match=name):
            content_sha256(tmp_path / name)
