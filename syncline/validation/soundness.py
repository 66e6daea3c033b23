"""Whether tables that somebody puts side by side can be judged at all, and what gives one away at once.

A gate that looks at two columns of fifteen, at cells that it could not read, or at held-out people who were
used after all, would pass whatever it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import numpy as np

from syncline.data.batch import Status
from syncline.privacy import people_rule
from syncline.privacy.people_rule import in_steps, step_of
from syncline.sources.source import Source
from syncline.validation.cell_table import CellTable
from syncline.validation.disclosure.gate import PriorFindings
from syncline.validation.reading import ComparedTables
from syncline.validation.sampling import contents, repeated_share

MOST_UNFIT = 0.01
"""Share of the cells of a column that may be no values of the schema: our choice."""

MOST_SHARED = 0.01
"""Share of the held-out rows that may stand in the real table beyond what its own repeat: our choice."""

_READ_ROWS = 65_536
_MOST_NAMED = 5
_ERRORS = 3.0


def known_of(
    compared: ComparedTables, real: Source, synthetic: Source, holdout: Source | None, min_cell: int = 1
) -> PriorFindings:
    """Return what the tables show before they are compared; of fewer than ``min_cell`` people no number.

    Parameters
    ----------
    compared
        The tables as they were read.
    real, synthetic, holdout
        The sources that they were read from.
    """
    person = compared.schema.person
    persons = {}
    if person is not None:
        sources = {"real": real, "synthetic": synthetic, "holdout": holdout}
        persons = {
            name: _values(source, person.name)
            for name, source in sources.items()
            if source is not None and person.name in source.columns
        }
    real_people = persons.get("real", set()) | persons.get("holdout", set())
    own = persons.get("synthetic", set())
    same = set() if _is_numbering(own) else real_people & own
    failures = []
    if same and person is not None:
        failures.append(
            f"real persons: {_number(len(same), min_cell)} values of {person.name!r} in the synthetic table"
            " are those of real people; take the column out of it"
        )
    if compared.holdout is not None:
        failures += _leaked(compared.real, compared.synthetic, compared.holdout, min_cell)
    shared = persons.get("real", set()) & persons.get("holdout", set())
    return PriorFindings(tuple(failures), tuple(_unjudged(compared, len(shared), min_cell)))


def _number(people: int, min_cell: int) -> str:
    return f"fewer than {min_cell}" if people_rule.few(people, min_cell) else str(people)


def _share(share: float, rows: int, min_cell: int) -> str:
    """Return a share of so many rows as it is printed."""
    if people_rule.few(round(share * rows), min_cell):
        return f"under {min(min_cell / rows, 1.0):.1%}"
    return f"{min(in_steps(share, step_of(rows, min_cell)), 1.0):.1%}"


def _unjudged(compared: ComparedTables, shared_persons: int, min_cell: int) -> Iterator[str]:
    if compared.only_synthetic:
        yield (
            "columns of the synthetic table that nothing was compared with:"
            f" {_named(compared.only_synthetic)}; take them out of it, name one that tells persons"
            " apart with --person, or give the other tables and the schema the same columns"
        )
    unfit = dict(_unfit(compared.synthetic))
    if unfit:
        named = _named([f"{name} ({share:.0%})" for name, share in unfit.items()])
        yield (
            f"cells of the synthetic table that are no values of the schema: {named}; they were not compared,"
            " so write them as the schema does"
        )
    if shared_persons:
        yield (
            f"{_number(shared_persons, min_cell)} persons stand in the real table and among those held out:"
            " hold out people who were not used"
        )
    elif compared.holdout is not None:
        yield from _overlap(compared.real, compared.holdout, min_cell)


def _unfit(table: CellTable) -> Iterator[tuple[str, float]]:
    """Yield the columns of which too many cells are neither values nor missing, with their share."""
    for name, status in zip(table.names, table.status, strict=True):
        share = float(np.mean(status > Status.MISSING))
        if share > MOST_UNFIT:
            yield name, share


def _overlap(real: CellTable, holdout: CellTable, min_cell: int) -> Iterator[str]:
    """Say that held-out rows were used: far more of them stand in the real table than its own rows repeat.

    Rows of people who were not used stand in the real table as often as rows of the real table stand in the
    rest of it.
    """
    natural, found = repeated_share(real), _share_in(holdout, real)
    if found > natural + _allowed(natural, found, real.n_rows, holdout.n_rows):
        yield (
            f"{_share(found, holdout.n_rows, min_cell)} of the held-out rows stand in the real table, of"
            f" which {_share(natural, real.n_rows, min_cell)} repeat: hold out people who were not used"
        )


def _leaked(real: CellTable, synthetic: CellTable, holdout: CellTable, min_cell: int) -> Iterator[str]:
    """Say that held-out rows stand in the synthetic table, whose maker must have had them.

    A table of other rows holds them as often as the real table holds rows twice, and more the larger it is.
    """
    larger = max(synthetic.n_rows / real.n_rows, 1.0)
    natural, found = min(repeated_share(real) * larger, 1.0), _share_in(holdout, synthetic)
    if found > natural + _allowed(natural, found, real.n_rows, holdout.n_rows):
        yield (
            f"held-out rows: {_share(found, holdout.n_rows, min_cell)} of them stand in the synthetic table,"
            f" and of the real rows only {_share(repeated_share(real), real.n_rows, min_cell)} repeat;"
            " whoever made the table had the people held out as well"
        )


def _share_in(table: CellTable, other: CellTable) -> float:
    """Return the share of the rows of ``table`` that stand in ``other``."""
    known = set(contents(other))
    return sum(row in known for row in contents(table)) / table.n_rows


def _allowed(natural: float, found: float, n_real: int, n_holdout: int) -> float:
    """Return by how much two shares may differ: by chance, and by what is tolerated."""
    both = (natural * n_real + found * n_holdout) / (n_real + n_holdout)
    return MOST_SHARED + _ERRORS * sqrt(both * (1 - both) * (1 / n_real + 1 / n_holdout))


def _is_numbering(values: set[str]) -> bool:
    """Tell values that only count the rows, from 0 or from 1 on, as a synthesizer does."""
    size = len(values)
    return values in ({str(n) for n in range(size)}, {str(n) for n in range(1, size + 1)})


def _values(source: Source, column: str) -> set[str]:
    found: set[str] = set()
    for batch in source.batches([column], _READ_ROWS):
        found.update(str(value) for value in batch.column(0).to_pylist() if value is not None)
    return found


def _named(names: tuple[str, ...] | list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
