"""What may be told of counted sets of columns: of all people, and of parts of them.

Bins of numbers are counted with what lies beyond all synthetic values apart from them. There are mostly very
few people, so those are told with the first and the last bin, and how many there are only by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from syncline.data.batch import Mask
from syncline.privacy import people_rule
from syncline.questions.growth import ColumnBins
from syncline.validation.column_bins import TableBins, in_bins, is_blind
from syncline.validation.histograms import Ints
from syncline.validation.utility.tables import Beyond, Tables
from syncline.validation.utility.told import SetCounts, ToldCounts, joined, told_column, told_parts, told_set


def ends_taken_in(bins: TableBins) -> TableBins:
    """Return the codes of single columns where the bins at the ends take in what lies beyond them."""
    return TableBins(
        tuple(
            ColumnBins(c.name, c.ordered, c.low[1:-1], c.code, c.n_codes - 2) if _has_ends(c) else c
            for c in bins.columns
        )
    )


def _has_ends(column: ColumnBins) -> bool:
    return not len(column.code) and column.n_codes > 3


def _folded(counts: Ints) -> Ints:
    """Return counts by code with those of the codes beyond the ends added to the first and the last bin."""
    kept = counts[[0, *range(2, len(counts) - 1)]].copy()
    kept[1] += counts[1]
    kept[-1] += counts[-1]
    return kept


def _single(found: SetCounts, column: ColumnBins, least: int) -> tuple[SetCounts, Beyond]:
    """Return the cells of a column with its ends taken in, and what lies beyond them."""
    if len(column.code):
        return found, Beyond(0, is_told=True)
    last = len(found.train) - 1
    if not _has_ends(column):
        outside = slice(1, None)
        return found, Beyond(int(found.train[outside].sum()), _is_told(found, least, [outside]))
    ends, beside = [1, last], sorted({2, last - 1})
    beyond = Beyond(int(found.train[ends].sum()), _is_told(found, least, [ends, beside]))
    buckets = None
    if found.buckets is not None:
        both = []
        for masks in found.buckets:
            kept = masks[[0, *range(2, last)]].copy()
            kept[1] |= masks[1]
            kept[-1] |= masks[-1]
            both.append(kept)
        buckets = (both[0], both[1])
    held = None if found.holdout is None else _folded(found.holdout)
    made, used = _folded(found.synthetic), _folded(found.train)
    return replace(found, synthetic=made, train=used, holdout=held, buckets=buckets), beyond


def _is_told(found: SetCounts, least: int, cells: Sequence[slice | list[int]]) -> bool:
    return not any(people_rule.few(found.people(part), least) for part in cells)


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


@dataclass(frozen=True, slots=True, eq=False)
class CountedIn:
    """The codes in which columns are counted.

    Attributes
    ----------
    bins : the codes in which so many columns are counted together; of single ones with what lies beyond
    missing : for each column the code of single columns with which missing values are told, 0 for none
    """

    bins: Mapping[int, TableBins]
    missing: Mapping[str, int]

    @property
    def fine(self) -> TableBins:
        """The codes of single columns as they are told."""
        return ends_taken_in(self.bins[1])

    def partners(self, size: int) -> dict[str, int]:
        """Return the codes with which missing values are told, where so many columns are counted together."""
        if size == 1:
            return dict(self.missing)
        pairs = zip(self.fine.columns, self.bins[size].columns, strict=True)
        return {fine.name: int(in_bins(fine, coarse)[self.missing[fine.name]]) for fine, coarse in pairs}


def tables_of(sets: Sequence[SetCounts], counted: CountedIn, least: int) -> Tables:
    """Return what may be told of counted ``sets`` of columns; of fewer people than ``least`` nothing."""
    fine, beyond, singles, lacking = counted.fine, {}, [], []
    columns = {column.name: column for column in counted.bins[1].columns}
    for found in (one for one in sets if len(one.columns) == 1):
        (name,) = found.columns
        lacking += [name] if people_rule.few(found.people([0]), least) else []
        taken, beyond[name] = _single(found, columns[name], least)
        never = counted.missing[name] > 0
        told = told_column(joined(taken, counted.missing), least, never=never)
        singles.append(told.unseen() if is_blind(columns[name]) else told)
    pairs, triples = (_told_sets(sets, singles, counted, size, least) for size in (2, 3))
    return Tables(fine, tuple(singles), pairs, triples, beyond, counted.missing, frozenset(lacking))


def _told_sets(
    sets: Sequence[SetCounts], singles: Sequence[ToldCounts], counted: CountedIn, size: int, least: int
) -> tuple[ToldCounts, ...]:
    coarse = {column.name: column for column in counted.bins[size].columns}
    own = {column.name: column for column in counted.fine.columns}
    lines = {told.columns[0]: _lines(told, own[told.columns[0]], coarse[told.columns[0]]) for told in singles}
    for name, column in coarse.items():  # of very many columns not all are counted alone
        lines.setdefault(name, (np.zeros(column.n_codes, np.bool_), None))
    partner = counted.partners(size)
    return tuple(
        told_set(joined(found, partner), lines, least, partner)
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
    columns = {column.name: column for column in counted.bins[1].columns}
    told: list[list[ToldCounts]] = [[] for _ in parts]
    beyond: list[dict[str, Beyond]] = [{} for _ in parts]
    for number, of_whole in enumerate((*whole.singles, *whole.pairs, *whole.triples)):
        found = [part[number] for part in parts]
        partner = counted.partners(len(of_whole.columns))
        if len(of_whole.columns) == 1:
            name = of_whole.columns[0]
            both = [_single(one, columns[name], least) for one in found]
            found = [taken for taken, _ in both]
            is_told = all(own.is_told and not gone for (_, own), gone in zip(both, unseen, strict=True))
            for place, (_, outside) in enumerate(both):
                beyond[place][name] = replace(outside, is_told=is_told)
        own = [joined(one, partner) for one in found]
        for place, one in enumerate(told_parts(own, of_whole, unseen, least, partner)):
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
