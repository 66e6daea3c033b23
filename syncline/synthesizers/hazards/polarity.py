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
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Codebook, Coding
from syncline.privacy.people_rule import of_enough
from syncline.protocols.transition import PartyId
from syncline.questions.counts import Counts, Masks
from syncline.questions.marginals import Marginals
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.dependencies import Pair, tables
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
    columns: Sequence[CodedColumn], asked: Marginals, answers: Mapping[PartyId, Counts], min_cell: int = 1
) -> Iterator[Hazard]:
    """Yield the two-valued columns that some suppliers, the lesser part, seem to code the other way round.

    Parameters
    ----------
    asked : the screening of pairs, with the two-valued column second
    answers : each supplier's counts, with the buckets of persons where these are told apart
    min_cell : nothing is said of a supplier with either value in fewer people, nor beside others with fewer
    """
    codebook = Codebook(tuple(column.codes for column in columns))
    binary = {column.codes.name: column for column in columns if _two_valued(column)}
    parties = tuple(sorted(answers))
    found = [_Directed.of(codebook, asked, answers[party]) for party in parties]
    for name, column in binary.items():
        chosen = [pair for pair in found[0].rows if pair[1] == name]
        if not chosen:
            continue
        classes = column.codes.classes[:2]
        blocks = [_Block.of([own.of_pair(pair, classes, codebook) for own in found]) for pair in chosen]
        starts = np.cumsum([0] + [block.rows.shape[1] for block in blocks[:-1]])
        cells = np.concatenate([block.of_enough(min_cell) for block in blocks], axis=1)
        turned = _reversed(cells.astype(np.float64), starts, max(ENOUGH_ROWS, min_cell), blocks[0].persons)
        if turned:
            yield _of_polarity(name, tuple(parties[place] for place in turned))


@dataclass(frozen=True, slots=True)
class _Directed:
    """One supplier's tables of pairs (codes of x, classes of y); ``masks`` is None without persons."""

    rows: Mapping[Pair, Ints]
    masks: Mapping[Pair, Masks] | None

    @classmethod
    def of(cls, codebook: Codebook, asked: Marginals, answer: Counts) -> _Directed:
        masks = answer.dense_masks()
        return cls(
            tables(codebook, asked, answer.dense()), None if masks is None else tables(codebook, asked, masks)
        )

    def of_pair(
        self, pair: Pair, classes: npt.NDArray[np.uint16], codebook: Codebook
    ) -> tuple[Ints, Masks | None]:
        """Return the table of a pair as one of the classes of x by the two values of y, (n_classes, 2)."""
        codes = codebook.column(pair[0])
        shape = codes.levels(Coding.CLASSES), 2
        rows = np.zeros(shape, np.int64)
        np.add.at(rows, codes.classes, self.rows[pair][:, classes])
        if self.masks is None:
            return rows, None
        masks = np.zeros(shape, np.uint64)
        np.bitwise_or.at(masks, codes.classes, self.masks[pair][:, classes])
        return rows, masks


@dataclass(frozen=True, slots=True)
class _Block:
    """The same pair at all suppliers, (n_suppliers, n_classes, 2): rows, and person buckets or None."""

    rows: Ints
    masks: Masks | None

    @classmethod
    def of(cls, each: Sequence[tuple[Ints, Masks | None]]) -> _Block:
        seen = [masks for _, masks in each if masks is not None]
        return cls(np.stack([rows for rows, _ in each]), np.stack(seen) if seen else None)

    def of_enough(self, min_cell: int) -> Ints:
        """Return the rows, those of fewer than ``min_cell`` people of a cell as one each."""
        if self.masks is None:
            return self.rows
        return of_enough(self.rows, np.bitwise_count(self.masks).astype(np.int64), min_cell)

    @property
    def persons(self) -> Masks | None:
        """The buckets of each supplier's persons with each value of y (n_suppliers, 2), or None."""
        return None if self.masks is None else np.bitwise_or.reduce(self.masks, axis=1)


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


def _reversed(
    tables_of: Floats, starts: Ints, least: int = ENOUGH_ROWS, persons: Masks | None = None
) -> list[int]:
    """Return the suppliers whose directions point against the others', found and turned one by one.

    Parameters
    ----------
    tables_of : rows of each supplier by code of x and value of y (n_suppliers, n_codes, 2), the codes of all
        columns x one after another
    starts : where each column's codes begin
    least : rows of each value that a supplier, and the others, must have
    persons : buckets of each supplier's persons with each value (n_suppliers, 2), of whom as many are needed;
        None where every row is a person
    """
    left, turned = tables_of.copy(), list[int]()
    seen = None if persons is None else persons.copy()
    for _ in range(len(left) // 2):
        scores = np.where(_are_enough(seen, least, len(left)), _scores(left, starts, least), np.inf)
        worst = min(range(len(left)), key=lambda place: (scores[place], float(left[place].sum())))
        if not np.isfinite(scores[worst]) or worst in turned:
            break
        left[worst] = left[worst, :, ::-1]
        if seen is not None:
            seen[worst] = seen[worst, ::-1]
        turned.append(worst)
    return sorted(turned)


def _are_enough(persons: Masks | None, least: int, suppliers: int) -> npt.NDArray[np.bool_]:
    """Tell of which suppliers (n_suppliers,) each value is held by enough persons, and at the others too."""
    if persons is None:
        return np.ones(suppliers, np.bool_)
    others = [np.bitwise_or.reduce(np.delete(persons, place, axis=0), axis=0) for place in range(suppliers)]
    held = np.minimum(np.bitwise_count(persons), np.bitwise_count(np.stack(others)))
    return np.asarray((held >= least).all(axis=1))


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
