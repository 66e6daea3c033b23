"""Ask a child process whether a data set can be read, so that no row enters this one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from supplier_agent.datasets.catalogue import Dataset
from syncline.compute.child import ChildProcess
from syncline.compute.work_limits import WorkLimits
from syncline.errors import DataError

READER = "supplier_agent.datasets.reader_child"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found: columns and numbers of rows and persons, as prepared, and what the source is.

    ``unread`` says, a sentence each, which columns are left out because they cannot be read.
    ``people`` is None where the column that tells persons apart is not there, or a row has no person.
    """

    columns: tuple[str, ...]
    rows: int
    people: int | None
    description: str
    unread: tuple[str, ...] = ()

    def require_person(self, dataset: Dataset) -> None:
        """Raise unless the column is there that the data set was added with for telling persons apart."""
        if dataset.person is not None and dataset.person not in self.columns:
            raise DataError(
                f"data set {dataset.name}: there is no column {dataset.person!r}, which --person names: mend"
                " the source, or add the data set anew"
            )


def inspect_dataset(dataset: Dataset, preparation: bytes, limits: WorkLimits) -> Inspection:
    """Read a data set from end to end in a child process, prepared where it is; raise what is wrong."""
    return asyncio.run(_inspect(dataset, preparation, limits))


async def _inspect(dataset: Dataset, preparation: bytes, limits: WorkLimits) -> Inspection:
    async with await ChildProcess.start(READER, limits=limits) as child:
        header = {"source": dataset.source, "person": dataset.person}
        answer, _ = await child.call(header, [preparation] if preparation else [])
    columns, rows, description = (answer.get(key) for key in ("columns", "rows", "description"))
    unread = answer.get("unread")
    if not (
        isinstance(columns, list)
        and isinstance(rows, int)
        and isinstance(description, str)
        and isinstance(unread, list)
    ):
        raise DataError(f"data set {dataset.name}: the reading process gave no sensible answer")
    people = answer.get("people")
    names = tuple(str(name) for name in columns)
    known = people if isinstance(people, int) else None
    return Inspection(names, rows, known, description, tuple(map(str, unread)))
