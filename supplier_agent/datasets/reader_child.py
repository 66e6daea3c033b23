"""The child process that looks at a data set: can it be read, its columns, how many rows and persons it has.

They are counted; what it says goes to the supplier's own terminal and journal, and nowhere else.
"""

from __future__ import annotations

from syncline.compute.frames import Json
from syncline.compute.serve import serve, work_limits
from syncline.data.kinds import Kind, Role
from syncline.data.variable import Variable
from syncline.errors import DataError, ProtocolError
from syncline.preparation.people import count_persons
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import prepared_view
from syncline.sources.container import readable_columns, unread_notes
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
    known = readable_columns(source)
    columns: list[Json] = list(known)
    rows = sum(batch.num_rows for batch in source.batches(columns=known[:1], batch_rows=BATCH_ROWS))
    people = (
        _people(source, None if person is None else str(person), rows)
        if person is None or person in known
        else None
    )
    unread: list[Json] = [str(note) for note in unread_notes(source, rows)]
    found: dict[str, Json] = {"columns": columns, "rows": rows, "people": people, "unread": unread}
    return {**found, "description": source.describe()}, []


def _people(source: Source, person: str | None, rows: int) -> int | None:
    """Return how many persons there are, rows where none are told apart; None where a row has no person."""
    if person is None:
        return rows
    try:
        return count_persons(source, Variable(name=person, kind=Kind.IDENTIFIER, role=Role.PERSON), person)
    except DataError:
        return None


if __name__ == "__main__":
    serve(inspect)
