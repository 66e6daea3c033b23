"""Rows of totals below a table's records, as spreadsheets and reports write them: named, and left in."""

from __future__ import annotations

import pyarrow as pa

from syncline.data.inference.record_names import listed
from syncline.data.labels import normal_label
from syncline.data.note import Deed, Note
from syncline.data.section import shown

_WORDS = listed(
    """
    total totals subtotal sum summe zwischensumme gesamt gesamtsumme insgesamt somme totaux totale suma
    soma totaal som summa yhteens\u00e4 razem toplam
    \u0438\u0442\u043e\u0433\u043e \u0432\u0441\u0435\u0433\u043e \u5408\u8ba1 \u603b\u8ba1 \u5408\u8a08
    """
)
_LEADS = listed("grand overall sub g\u00e9n\u00e9ral general all alle")
FEWEST_ROWS = 3
"""A table of fewer rows has no last row that is like none of the others."""


def totals_note(table: pa.Table) -> tuple[Note, ...]:
    """Return the note on a last row that looks like totals, none where it looks like a record."""
    if table.num_rows < FEWEST_ROWS:
        return ()
    for name, column in zip(table.column_names, table.columns, strict=True):
        if not _is_text(column.type):
            continue
        last = normal_label(column[-1].as_py() or "")
        if _is_total(last) and not _comes_again(column, last):
            what = f"the last row, which says {shown(last)!r} in column {shown(normal_label(name))!r}"
            why = "it looks like totals of the others, is read as a record, and may widen ranges"
            return (Note("", Deed.NAMED, what, why, "remove it from the table where it is no record"),)
    return ()


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_total(label: str) -> bool:
    words = label.casefold().strip(" :.=\u2211\u03a3").split()
    return bool(words) and any(word in _WORDS for word in words) and _WORDS.union(_LEADS).issuperset(words)


def _comes_again(column: pa.ChunkedArray, label: str) -> bool:
    """Tell whether a row above the last holds the label too: then it is a category."""
    above = column.slice(0, len(column) - 1)
    return any(
        normal_label(text or "") == label for chunk in above.chunks for text in chunk.unique().to_pylist()
    )
