"""Write a prepared view as a Parquet file, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from syncline.durable.storage_fault import storage_error_from_os
from syncline.errors import UsageError
from syncline.preparation.prepared_source import BATCH_ROWS
from syncline.preparation.prepared_view import PreparedView


def write_prepared(view: PreparedView, path: Path) -> int:
    """Write the columns of ``view`` as text into a new file and return the number of rows."""
    if path.suffix != ".parquet":
        raise UsageError(f"--out {path}: the name must end in .parquet")
    if path.exists():
        raise UsageError(f"--out {path}: exists already; name a new file")
    part = path.with_name(f".{path.name}.part")
    schema = pa.schema([(name, pa.string()) for name in view.columns])
    rows = 0
    try:
        with (
            open(part, "xb", opener=_closed_to_others) as file,
            pq.ParquetWriter(file, schema, compression="zstd") as writer,
        ):
            for batch in view.batches(None, BATCH_ROWS):
                writer.write_batch(batch)
                rows += batch.num_rows
        os.replace(part, path)
    except OSError as fault:
        raise storage_error_from_os(path, fault) from fault
    finally:
        part.unlink(missing_ok=True)
    return rows


def _closed_to_others(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
