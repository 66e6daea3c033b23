"""What may be told of counted sets of columns: of all people, and of parts of them.

Bins of numbers are counted with what lies beyond all synthetic values apart from them. There are mostly very
few people, so those are told with the first and the last bin, and how many there are only by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from syncline.data.batch import Mask
from syncline.privacy import people_rule
from syncline.questions.growth import ColumnBins
from syncline.validation.column_bins import in_bins
from syncline.validation.told_codes import CountedIn, has_ends
from syncline.validation.utility.tables import Beyond, Tables
from syncline.validation.utility.told import (
    SetCounts,
    ToldCells,
    ToldCounts,
    joined,
    told_column,
    told_parts,
    told_set,
)


def _single(found: SetCounts, column: ColumnBins, fine: ColumnBins, least: int) -> tuple[SetCounts, Beyond]:
    """Return the cells of a column with its ends taken in, and what lies beyond them."""
    if len(column.code):
        return found, Beyond(0, is_told=True)
    if not has_ends(column):
        outside = slice(1, None)
        return found, Beyond(int(found.train[outside].sum()), _is_told(found, least, outside))
    codes = in_bins(column, fine)
    above = int(np.flatnonzero(np.diff(codes) == 0)[1]) + 1  # what lies below is the first that is joined
    ends, beside = [1, above], sorted({2, above - 1})
    beyond = Beyond(int(found.train[ends].sum()), _is_told(found, least, ends, beside))
    return found.by(codes, levels=fine.n_codes), beyond


def _is_told(found: SetCounts, least: int, ends: ToldCells, *beside: ToldCells) -> bool:
    """Tell whether enough people are in some cells, where few of them are told of like nobody.

    Of the cells ``beside``, with which they stand in a sum, nobody or enough people are to be in any.
    """
    if not people_rule.few(1, least):
        return True
    return found.people(ends) >= least and not any(
        people_rule.few(found.people(part), least) for part in beside
    )


def _lines(told: ToldCounts, fine: ColumnBins, coarse: ColumnBins) -> tuple[Mask, Mask | None]:
    """Return the hidden codes of a column in coarser codes: those that have a hidden one in them."""
    codes = in_bins(fine, coarse)

    def within(hidden: Mask | None) -> Mask | None:
        if hidden is None:
            return None
        found = np.zeros(coarse.n_codes, np.bool_)
        found[codes[hidden]] = True
        return found

    alone = within(told.hidden)
    assert alone is not None
    return alone, within(told.joint)


def tables_of(sets: Sequence[SetCounts], counted: CountedIn, least: int) -> Tables:
    """Return what may be told of counted ``sets`` of columns; of fewer people than ``least`` nothing."""
    fine, beyond, singles, lacking = counted.fine, {}, [], []
    columns = _columns(counted)
    for found in (one for one in sets if len(one.columns) == 1):
        (name,) = found.columns
        taken, beyond[name] = _single(found, *columns[name], least)
        lacking += [name] if people_rule.few(taken.people(counted.lacking(name)), least) else []
        told = told_column(joined(taken, counted.told), least, counted.told)
        singles.append(told.unseen() if name in counted.blind else told)
    pairs, triples = (_told_sets(sets, singles, counted, size, least) for size in (2, 3))
    return Tables(fine, tuple(singles), pairs, triples, beyond, counted.told, frozenset(lacking))


def _columns(counted: CountedIn) -> dict[str, tuple[ColumnBins, ColumnBins]]:
    """Return the codes of each column as it is counted by itself, and as it is told."""
    pairs = zip(counted.bins[1].columns, counted.fine.columns, strict=True)
    return {fine.name: (column, fine) for column, fine in pairs}


def _told_sets(
    sets: Sequence[SetCounts], singles: Sequence[ToldCounts], counted: CountedIn, size: int, least: int
) -> tuple[ToldCounts, ...]:
    coarse = {column.name: column for column in counted.bins[size].columns}
    own = {column.name: column for column in counted.fine.columns}
    lines = {told.columns[0]: _lines(told, own[told.columns[0]], coarse[told.columns[0]]) for told in singles}
    for name, column in coarse.items():  # of very many columns not all are counted alone
        lines.setdefault(name, (np.zeros(column.n_codes, np.bool_), None))
    told_with = counted.told_with(size)
    return tuple(
        told_set(joined(found, told_with), lines, least, told_with)
        for found in sets
        if len(found.columns) == size
    )


def tables_of_parts(
    parts: Sequence[Sequence[SetCounts]],
    whole: Tables,
    counted: CountedIn,
    unseen: Sequence[bool],
    least: int,
) -> list[Tables]:
    """Return what may be told of the same sets in parts of the people that add up to the ``whole``.

    Of ``unseen`` parts nothing is told.
    """
    columns = _columns(counted)
    told: list[list[ToldCounts]] = [[] for _ in parts]
    beyond: list[dict[str, Beyond]] = [{} for _ in parts]
    for number, of_whole in enumerate((*whole.singles, *whole.pairs, *whole.triples)):
        found = [part[number] for part in parts]
        told_with = counted.told_with(len(of_whole.columns))
        if len(of_whole.columns) == 1:
            name = of_whole.columns[0]
            both = [_single(one, *columns[name], least) for one in found]
            found = [taken for taken, _ in both]
            is_told = all(own.is_told and not gone for (_, own), gone in zip(both, unseen, strict=True))
            for place, (_, outside) in enumerate(both):
                beyond[place][name] = replace(outside, is_told=is_told)
        own = [joined(one, told_with) for one in found]
        for place, one in enumerate(told_parts(own, of_whole, unseen, least, told_with)):
            told[place].append(one)
    ends = np.cumsum([len(whole.singles), len(whole.pairs), len(whole.triples)]).tolist()
    return [
        replace(
            whole,
            singles=tuple(own[: ends[0]]),
            pairs=tuple(own[ends[0] : ends[1]]),
            triples=tuple(own[ends[1] :]),
            beyond=outside,
        )
        for own, outside in zip(told, beyond, strict=True)
    ]
