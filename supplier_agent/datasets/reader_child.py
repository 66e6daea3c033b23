"""The child process that looks at a data set: can it be read, which columns has it, how many rows.

Rows and columns are counted; what it says goes to the supplier's own terminal and nowhere else.
"""

from __future__ import annotations

from syncline.compute.frames import Json
from syncline.compute.serve import serve, work_limits
from syncline.errors import DataError, ProtocolError
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import prepared_view
from syncline.sources.limited import LimitedSource
from syncline.sources.registry import open_source
from syncline.sources.source import Source

BATCH_ROWS = 65_536


def inspect(header: dict[str, Json], blobs: list[bytes]) -> tuple[dict[str, Json], list[bytes]]:
    """Read the source in ``header`` through the preparation in ``blobs``; return what it is and holds."""
    locator, person = header.get("source"), header.get("person")
    if not isinstance(locator, str):
        raise ProtocolError("source: expected a path or URL")
    source: Source = LimitedSource(open_source(locator), work_limits())
    for canonical in blobs:
        source = prepared_view(source, Preparation.from_canonical(canonical))
    if isinstance(person, str) and person not in source.columns:
        raise DataError(f"{source.name}: there is no column {person!r}, which --person names")
    columns: list[Json] = list(source.columns)
    rows = sum(batch.num_rows for batch in source.batches(columns=source.columns[:1], batch_rows=BATCH_ROWS))
    return {"columns": columns, "rows": rows, "description": source.describe()}, []


if __name__ == "__main__":
    serve(inspect)
