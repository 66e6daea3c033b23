"""Total variation between synthetic and real marginals, beside the real-against-real floor.

The distance of a set of columns is half the sum of the absolute differences of the cells' shares: 0 where
the marginals agree, 1 where they have no cell in common. The floor is the same distance between the rows
held out and the rows that the model was fitted to: two real samples differ by as much.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Codebook, ColumnCodes
from syncline.data.release_table import Columns
from syncline.questions.counts import Counts
from syncline.questions.marginals import Marginals, shape_of

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Tables = dict[tuple[str, ...], Ints]


@dataclass(frozen=True, slots=True)
class Distance:
    """The distance of one set of columns, and its floor where rows were held out."""

    columns: tuple[str, ...]
    synthetic: float
    floor: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Distances of all single columns and all pairs; lower is better, 0 is equal, 1 is disjoint."""

    single: tuple[Distance, ...]
    pairs: tuple[Distance, ...]

    @staticmethod
    def mean(distances: Iterable[Distance]) -> tuple[float, float | None]:
        """Return the mean distance and the mean floor."""
        items = list(distances)
        if not items:
            return 0.0, None
        floors = [d.floor for d in items if d.floor is not None]
        mean = float(np.mean([d.synthetic for d in items]))
        return mean, float(np.mean(floors)) if len(floors) == len(items) else None


def count_synthetic(question: Marginals, codebook: Codebook, rows: Iterable[Columns]) -> Ints:
    """Count the sets of ``question`` in synthetic rows, laid out as its answer is."""
    total = np.zeros(question.size(codebook), np.int64)
    for part in rows:
        cells = {
            column.name: column.cells[_codes(column, *part[column.name])].astype(np.int64)
            for column in codebook.columns
        }
        start = 0
        for axes in question.sets:
            shape = shape_of(axes, codebook)
            size = shape[0] * shape[1]
            flat = cells[axes[0].column] * shape[1] + cells[axes[1].column]
            total[start : start + size] += np.bincount(flat, minlength=size)
            start += size
    return total


def _codes(column: ColumnCodes, keys: Ints, missing: Mask) -> npt.NDArray[np.uint16]:
    """Return the codes of synthetic keys; the category for merged ones stands one past the schema's own."""
    if column.numeric:
        return column.encode(keys, ~missing)
    merged = keys >= len(column.segment_code)
    other = column.n_codes - 1 - int(column.keeps_missing)
    codes = column.encode(np.where(merged, 0, keys), ~missing)
    return np.where(merged & ~missing, np.uint16(other), codes)


def agreement(
    question: Marginals, codebook: Codebook, synthetic: Ints, train: Counts, holdout: Counts | None
) -> Agreement:
    """Return the distances between the synthetic counts and the merged counts of the suppliers."""
    made = _tables(question, codebook, synthetic)
    real = _tables(question, codebook, train.dense())
    held = _held_tables(question, codebook, holdout)
    single: list[Distance] = []
    pairs: list[Distance] = []
    for columns in made:
        distance = Distance(columns, _distance(made[columns], real[columns]), _floor(held, real, columns))
        (pairs if len(columns) == 2 else single).append(distance)
    return Agreement(tuple(single), tuple(pairs))


def _held_tables(question: Marginals, codebook: Codebook, holdout: Counts | None) -> Tables | None:
    if holdout is None or holdout.total == 0:
        return None
    return _tables(question, codebook, holdout.dense())


def _tables(question: Marginals, codebook: Codebook, counts: Ints) -> Tables:
    tables: Tables = {}
    start = 0
    for a, b in question.sets:
        shape = shape_of((a, b), codebook)
        size = shape[0] * shape[1]
        table = counts[start : start + size].reshape(shape)
        tables.setdefault((a.column,), table.sum(axis=1))
        tables.setdefault((b.column,), table.sum(axis=0))
        tables[a.column, b.column] = table
        start += size
    return tables


def _distance(a: Ints, b: Ints) -> float:
    shares = [table / max(int(table.sum()), 1) for table in (a, b)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _floor(
    held: Tables | None, real: Mapping[tuple[str, ...], Ints], columns: tuple[str, ...]
) -> float | None:
    return None if held is None else _distance(held[columns], real[columns])
