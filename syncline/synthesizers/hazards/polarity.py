"""Two-valued columns whose relations to the other columns run the other way at one supplier.

For a column y with two values and every other column x, the *direction* is the vector of differences
P(x | y = second) - P(x | y = first) over the classes of x. Where one supplier codes y the other way round,
its directions point against those of the other suppliers, whatever the share of each value is. They are
compared by the product that weighs each class of x by the inverse of its share, for weak relations the best
test of one direction against the other (the score test of a log ratio).

A direction is turned by other faults than y's codes: where a supplier holds one column x in another unit, the
classes of x mean something else there, and x alone points the wrong way, as surely as the table is large. So
a column whose values lie elsewhere at a supplier than at the others is no evidence about it, and of the rest
several have to agree: y is reversed only where it still is with any one of them left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Codebook, Coding, ColumnCodes
from syncline.protocols.transition import PartyId
from syncline.questions.counts import Counts
from syncline.questions.marginals import Axis, Marginals
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.dependencies import tables
from syncline.synthesizers.hazards.hazard import Hazard, HazardKind, in_column, of_suppliers

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LEAST_SHARE = 0.01
"""Classes of x are weighed as if they held at least this share of the rows."""

ENOUGH_ROWS = 5
"""Rows of each of the two values that a supplier, and the others, must have."""

AGAINST = -0.2
"""The slope of one supplier's directions on the others' (1 alike, -1 reversed) below which it is reversed."""

SIGMAS = 3.0
"""Standard deviations by which the product of both must lie below zero."""

SIGMAS_WITHOUT = 1.64
"""Standard deviations by which it must still do so with any one column left out."""

ELSEWHERE = 0.4
"""The total variation between a supplier's classes of x and the others' from which on x is no evidence."""

CORRELATED = 2.0
"""Columns are not independent of each other: variances over columns are multiplied by this."""


def reversed_columns(
    columns: Sequence[CodedColumn],
    asked: Marginals,
    counts: Mapping[PartyId, Ints],
    min_cell: int = 1,
    holders: Mapping[PartyId, Counts] | None = None,
) -> Iterator[Hazard]:
    """Yield the two-valued columns that some suppliers, the lesser part, seem to code the other way round.

    Parameters
    ----------
    asked : the screening of pairs, with the two-valued column second
    counts : each supplier's answer to it
    min_cell : nothing is said of a supplier with either value in fewer rows, or of fewer persons
    holders : each supplier's answer to :func:`holders_of`; None where every row is a person
    """
    codebook = Codebook(tuple(column.codes for column in columns))
    binary = {column.codes.name: column for column in columns if _two_valued(column)}
    parties = tuple(sorted(counts))
    answers = [tables(codebook, asked, counts[party]) for party in parties]
    persons = None if holders is None else {p: _persons(columns, holders[p]) for p in parties}
    for name, column in binary.items():
        classes = column.codes.classes[:2]
        told = [
            place
            for place, party in enumerate(parties)
            if persons is None or min(persons[party][name]) >= min_cell
        ]
        pairs = [pair for pair in answers[0] if pair[1] == name]
        blocks = [
            np.stack(
                [
                    _in_classes(found[pair][:, classes], codebook.column(pair[0]))
                    for found in map(answers.__getitem__, told)
                ]
            )
            for pair in pairs
            if told
        ]
        if blocks:
            starts = np.cumsum([0] + [block.shape[1] for block in blocks[:-1]])
            turned = _reversed(
                np.concatenate(blocks, axis=1).astype(np.float64), starts, max(ENOUGH_ROWS, min_cell)
            )
            if turned:
                yield _of_polarity(name, tuple(parties[told[place]] for place in turned))


def holders_of(columns: Sequence[CodedColumn]) -> Marginals:
    """Ask which persons hold each value of the two-valued columns."""
    sets = tuple((Axis(column.codes.name, Coding.CLASSES),) for column in columns if _two_valued(column))
    return Marginals(sets, holdout=False, persons=True)


def _persons(columns: Sequence[CodedColumn], answer: Counts) -> dict[str, tuple[int, int]]:
    """Return how many persons, at least, hold each value of each two-valued column."""
    masks, found, start = answer.dense_masks(), dict[str, tuple[int, int]](), 0
    assert masks is not None
    for column in columns:
        if _two_valued(column):
            first, second = np.bitwise_count(masks[start + column.codes.classes[:2]]).tolist()
            found[column.codes.name] = first, second
            start += column.codes.levels(Coding.CLASSES)
    return found


def _of_polarity(name: str, parties: tuple[PartyId, ...]) -> Hazard:
    return Hazard(
        HazardKind.POLARITY,
        parties,
        name,
        f"{in_column(name)} of {of_suppliers(parties)} is related to the other columns the other way round"
        " than elsewhere: ask what its values mean there, and add a step 'reverse' or 'recode' to the"
        " preparation",
    )


def _two_valued(column: CodedColumn) -> bool:
    """Tell whether a column has two values, each with a class of its own."""
    present = column.values.n_codes - column.values.keeps_missing
    return present == 2 and len(set(column.codes.classes[:2].tolist())) == 2


def _in_classes(table: Ints, codes: ColumnCodes) -> Ints:
    """Return a table (codes of x, 2) as one of the classes of x (n_classes, 2)."""
    merged = np.zeros((codes.levels(Coding.CLASSES), 2), np.int64)
    np.add.at(merged, codes.classes, table)
    return merged


def _reversed(tables_of: Floats, starts: Ints, least: int = ENOUGH_ROWS) -> list[int]:
    """Return the suppliers whose directions point against the others', found and turned one by one.

    Parameters
    ----------
    tables_of : rows of each supplier by code of x and value of y (n_suppliers, n_codes, 2), the codes of all
        columns x one after another
    starts : where each column's codes begin
    least : rows of each value that a supplier, and the others, must have
    """
    left, turned = tables_of.copy(), list[int]()
    for _ in range(len(left) // 2):
        scores = _scores(left, starts, least)
        worst = min(range(len(left)), key=lambda place: (scores[place], float(left[place].sum())))
        if not np.isfinite(scores[worst]) or worst in turned:
            break
        left[worst] = left[worst, :, ::-1]
        turned.append(worst)
    return sorted(turned)


def _scores(left: Floats, starts: Ints, least: int) -> Floats:
    """Return the z of each supplier (n_suppliers,) that is reversed, the least the surest; else inf."""
    rest = left.sum(axis=0) - left
    block = starts[1] if len(starts) > 1 else left.shape[1]
    rows, others = left[:, :block].sum(axis=1), rest[:, :block].sum(axis=1)
    own, usual = _directions(left, rows), _directions(rest, others)
    share = left.sum(axis=2) / np.maximum(rows.sum(axis=1), 1.0)[:, None]
    elsewhere = rest.sum(axis=2) / np.maximum(others.sum(axis=1), 1.0)[:, None]
    weight = usual / np.maximum(elsewhere, LEAST_SHARE)
    alike = np.add.reduceat(np.abs(share - elsewhere), starts, axis=1) / 2 < ELSEWHERE
    product, length, squares, mean = (
        np.add.reduceat(cells, starts, axis=1)
        for cells in (own * weight, usual * weight, share * weight**2, share * weight)
    )
    centred = CORRELATED * (squares - mean**2) * (1 / np.maximum(rows, 1.0)).sum(axis=1)[:, None]
    # The sums over all columns that are evidence, and over all of them but one: (n_suppliers, 1 + n_columns).
    product, length, spread = (_with_and_without(cells * alike) for cells in (product, length, centred))
    enough = (np.minimum(rows, others) >= least).all(axis=1)[:, None] & (length > 0) & (spread > 0)
    score = product / np.sqrt(np.where(enough, spread, 1.0))
    sigmas = np.where(np.arange(score.shape[1]), SIGMAS_WITHOUT, SIGMAS)
    opposed = enough & (product < AGAINST * length) & (score < -sigmas)
    return np.where(opposed.all(axis=1), score[:, 0], np.inf)


def _with_and_without(columns: Floats) -> Floats:
    """Return the sum over columns (n_suppliers, n_columns) first, then that without each one of them."""
    total = columns.sum(axis=1, keepdims=True)
    return np.concatenate([total, total - columns], axis=1)


def _directions(table: Floats, rows: Floats) -> Floats:
    """Return P(x | second value) - P(x | first value) of tables (n_suppliers, n_codes, 2)."""
    shares = table / np.maximum(rows, 1.0)[:, None, :]
    return np.asarray(shares[:, :, 1] - shares[:, :, 0])
