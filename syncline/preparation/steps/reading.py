"""Read cells that are written in a declared form, and treat those that are written in no such form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import pyarrow as pa

from syncline.preparation.steps.cells import TextMap, TextTest, with_column
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.steps.step import Bound, StepCounts, Unlisted, stopped
from syncline.preparation.text_encoder import MAX_TEXTS


def bind_reading(
    layout: ColumnLayout,
    names: Sequence[str],
    read: Callable[[str], str | None],
    unlisted: Unlisted,
    where: str,
    fault: tuple[str, str],
    filling: str | None = None,
) -> Bound:
    """Bind a step that writes anew what ``read`` reads, and counts the cells that it does not.

    Parameters
    ----------
    read : the new text of a cell, empty for missing; None where the text is in no form that is declared
    unlisted : what becomes of such a cell
    fault : what a message calls such a cell, and the remedy
    filling : what missing cells become
    """
    known = lru_cache(maxsize=MAX_TEXTS)(read)
    keeps = unlisted is Unlisted.KEEP

    def change(text: str) -> str | None:
        found = known(text)
        return (text if keeps else None) if found is None else found

    maps = {name: TextMap(change, filling=filling) for name in names}
    tests = {name: TextTest(lambda text: known(text) is None, missing=False) for name in names}

    def run(rows: pa.RecordBatch, counts: StepCounts) -> pa.RecordBatch:
        for name, test in tests.items():
            column = rows.column(name)
            unread = test.of(column)
            counts.unlisted += int(unread.sum())
            if unlisted is Unlisted.STOP and unread.any():
                raise stopped(where, counts.first(unread), name, *fault)
            rows = with_column(rows, name, maps[name].of(column))
        return rows

    return Bound(layout, run)
