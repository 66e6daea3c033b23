"""What a search has shown of each party when the codebook is agreed: its rows of each code, and its sums.

The intervals that the search ends with hold one code each, so a party's rows of every code are exact sums of
its own counts. Sums of numbers are known only within their intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from syncline.data.codebook import Coding, ColumnCodes
from syncline.data.logarithm import Floats, log2
from syncline.data.variable import Variable
from syncline.protocols.transition import PartyId
from syncline.questions.counts import Ints
from syncline.questions.known import Known, Moment, PartySizes
from syncline.questions.moments import fixed_point
from syncline.synthesizers.column_search import ColumnSearch
from syncline.synthesizers.formulas import moments_of
from syncline.synthesizers.structure import Book


def once_coded(
    known: Mapping[PartyId, Known], searches: Sequence[ColumnSearch], book: Book | None
) -> Mapping[PartyId, Known]:
    """Return what is known of each party once codes are agreed, the same before: ``book`` is None then.

    ``searches`` are those of its columns and gaps. Of more parties than are compared, only that nothing is
    searched any more.
    """
    if book is None:
        return known
    asked = moments_of(book.columns)
    exponents, log_exponents = dict(asked.scaled), dict(asked.logs)
    columns = (*book.columns, *book.gaps)
    found = {}
    for place, (party, own) in enumerate(sorted(known.items())):
        marginals, bounds, logs = dict(own.marginals), dict(own.moments), dict(own.logs)
        for search, column in zip(searches, columns, strict=True):
            rows = _rows_of(search, place, len(known))
            if rows is None or own.sizes is None:
                continue
            name, low, high = search.name, *search.bounds()
            marginals[name, Coding.FINE] = _by_code(column.codes, low, rows, own.sizes)
            if name in exponents:
                bound = _bounds(column.values.variable, (low, high, rows), exponents[name])
                bounds |= {} if bound is None else {name: bound}
            if name in log_exponents:
                bound = _bounds(column.values.variable, (low, high, rows), log_exponents[name], of=log2)
                logs |= {} if bound is None else {name: bound}
        found[party] = replace(own, intervals={}, marginals=marginals, moments=bounds, logs=logs)
    return found


def without_states(
    known: Mapping[PartyId, Known], searches: Sequence[ColumnSearch], variables: Sequence[Variable]
) -> dict[PartyId, Known]:
    """Return what is known once the search is over: named states are no values that are computed with."""
    found = {}
    for place, (party, own) in enumerate(sorted(known.items())):
        filled = dict(own.filled)
        for search, variable in zip(searches, variables, strict=True):
            if not variable.codes:
                continue
            before, rows = filled.pop(search.name, None), _rows_of(search, place, len(known))
            if before is not None and rows is not None:
                numbers = int(rows[variable.are_values(search.bounds()[0])].sum())
                filled[search.name] = replace(before, valid=numbers)
        found[party] = replace(own, filled=filled)
    return found


def _rows_of(search: ColumnSearch, place: int, parties: int) -> Ints | None:
    """Return the rows (p,) of one party in each interval of a search, None where only the sum is kept."""
    pieces = search.pieces
    if parties == 1:
        return pieces.rows
    return pieces.each[:, place].astype(np.int64) if pieces.each.shape[1] else None


def _by_code(codes: ColumnCodes, low: Ints, rows: Ints, sizes: PartySizes) -> Ints:
    """Return the rows of each code (n_codes,); rows without a value have the code for missing."""
    found = np.zeros(codes.n_codes, np.int64)
    np.add.at(found, codes.encode(low, np.ones(len(low), np.bool_)).astype(np.int64), rows)
    found[codes.missing] += sizes.train - int(rows.sum())
    return found


def _bounds(
    variable: Variable,
    pieces: tuple[Ints, Ints, Ints],
    exponent: int,
    of: Callable[[Floats], Floats] = np.asarray,
) -> Moment | None:
    """Return between which numbers the sums lie of rows that lie in intervals of keys (p,).

    ``of`` is what is summed of a number. It grows with it, a logarithm where the number is positive: of
    others nothing is known.
    """
    low, high, rows = (part[variable.are_values(pieces[0])] for part in pieces)
    assert variable.grid is not None
    ends = (np.clip(keys, *variable.value_extent) for keys in (low, high))
    least_numbers, most_numbers = (variable.grid.values(keys).astype(np.float64) for keys in ends)
    if of is log2 and (least_numbers <= 0.0).any():
        return None
    first, last = (fixed_point(of(numbers), exponent) for numbers in (least_numbers, most_numbers))
    least, most = np.minimum(np.abs(first), np.abs(last)), np.maximum(np.abs(first), np.abs(last))
    least[(first < 0) & (last > 0)] = 0
    return Moment(_dot(first, rows), _dot(last, rows), _dot(least**2, rows), _dot(most**2, rows))


def _dot(numbers: Ints, rows: Ints) -> int:
    """Return the sum of products, exactly: in 64 bits where they hold it."""
    largest = int(np.abs(numbers).max(initial=0))
    if largest * int(rows.sum()) < 1 << 62:
        return int(numbers @ rows)
    return int(numbers.astype(object) @ rows.astype(object))
