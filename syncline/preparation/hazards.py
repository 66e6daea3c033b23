"""What commonly goes wrong with a supplier's table, looked for before any study counts it.

Each hazard is a sentence with its remedy. It names columns, numbers of cells, and codes that look like codes
to anybody, but no value of a person. It is about small numbers too, so it is for the supplier alone. What
only a comparison of suppliers shows (units that disagree, an outcome of reversed polarity) is not looked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import islice, pairwise
from statistics import median

import numpy as np

from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.labels import normal_label
from syncline.data.note import counted
from syncline.data.schema import Schema
from syncline.data.section import shown
from syncline.data.variable import Variable
from syncline.preparation.missing_proposal import missing_candidates
from syncline.preparation.prepared_source import BATCH_ROWS
from syncline.preparation.prepared_view import as_text
from syncline.preparation.sentinels import far_sentinels, gap_sentinels
from syncline.preparation.steps.codes import CodeList
from syncline.preparation.steps.exact_numbers import read_decimal
from syncline.sources.container import readable_columns
from syncline.sources.reading_notes import ReadOtherwise
from syncline.sources.source import Source

FEW_ROWS = 30
"""A table of fewer rows says little by itself, and much about each person."""

MOSTLY_MISSING = 0.95
"""The share of missing cells from which on a column is as good as absent."""

SENTINEL_CELLS, SENTINEL_SHARE = 3, 0.01
"""A value is taken for a code only where at least so many cells, and this share of them, hold it."""

NEAR_ZERO = 0.25
"""Zeros are suspect where no other value lies below this share of the others' median."""

GAP_STEPS = 5
"""Zeros are suspect where more than so many of the usual steps between values lie above them."""

MAX_TEXTS = 10_000
"""Distinct texts that are looked at in one column."""

_PRECISION = (
    ("the year", r"[0-9]{4}"),
    ("the month", r"[0-9]{4}-[0-9]{2}"),
    ("the day", r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
)


def find_hazards(source: Source, schema: Schema) -> Iterator[str]:
    """Yield the hazards of a table as the study would read it: prepared, under the schema's names."""
    rows, found = _count(source, schema)
    if rows == 0:
        yield "the table has no rows: see whether the export failed"
    elif rows < FEW_ROWS:
        yield f"the table has {rows} rows, fewer than {FEW_ROWS}: its counts are about single persons"
    for variable in schema.modelled:
        if variable.name in found and rows:
            for hazard in _of_column(variable, found[variable.name], rows):
                yield f"column {shown(variable.name)!r} {hazard}"


def _count(source: Source, schema: Schema) -> tuple[int, dict[str, Counter[str]]]:
    """Return the number of rows, and how often each text occurs in each modelled column."""
    known = readable_columns(source)
    wanted = [variable.name for variable in schema.modelled if variable.name in known]
    found = {name: Counter[str]() for name in wanted}
    rows = 0
    for batch in source.batches(None, BATCH_ROWS):
        rows += batch.num_rows
        text = as_text(batch, source)
        for name, counter in found.items():
            for entry in text.column(name).drop_null().value_counts().to_pylist():
                if entry["values"] in counter or len(counter) < MAX_TEXTS:
                    counter[entry["values"]] += entry["counts"]
    return rows, found


def _of_column(variable: Variable, texts: Counter[str], rows: int) -> Iterator[str]:
    coded = CodeList(dict.fromkeys(variable.missing, True))
    present = Counter[str]()
    for text, cells in texts.items():
        label = normal_label(text)
        if label and not coded.find(label):
            present[label] += cells
    held = present.total()
    if held <= (1 - MOSTLY_MISSING) * rows:
        yield (
            f"is missing in {1 - held / rows:.0%} of the rows: ask for a study without it, or agree that it"
            " counts as missing here"
        )
    if len(present) == 1 and held > 1:
        where = "in all rows" if held == rows else "wherever it is not missing"
        yield f"has one value {where}: where other suppliers have others, it names this supplier"
    yield from _codes_for_missing(variable, texts, present)
    yield from _by_kind(variable, present)
    if far := far_sentinels(variable, present):
        yield _perhaps_codes(far, "far from all others that", "looks like a code", "look like codes")
    if near := gap_sentinels(variable, present):
        yield _perhaps_codes(near, "behind a gap that", "may be a code", "may be codes")
    yield from _read_otherwise(variable, present)


def _perhaps_codes(found: Mapping[str, int], where: str, one: str, several: str) -> str:
    cells = sum(found.values())
    are, they = (one, "it is one") if cells == 1 else (several, "they are")
    return (
        f"holds {counted(cells)} {where} {are} ({_listed(found)}): add a step 'missing' if {they}, or declare"
        f" {'it' if cells == 1 else 'them'} in the schema"
    )


def _codes_for_missing(variable: Variable, texts: Counter[str], present: Counter[str]) -> Iterator[str]:
    candidates = missing_candidates(variable, list(present))
    if candidates:
        cells = sum(present[label] for label in candidates)
        look, are = ("looks like a code", "is") if cells == 1 else ("look like codes", "are")
        yield (
            f"holds {counted(cells)} that {look} for missing and {are} not declared"
            f" ({_listed(candidates)}): add a step 'missing', or declare them in the schema"
        )
    padded = sum(cells for text, cells in texts.items() if text != text.strip())
    if padded:
        yield f"holds {counted(padded)} with white space around them: add a step 'trim'"
    for label in candidates:
        del present[label]


def _by_kind(variable: Variable, present: Counter[str]) -> Iterator[str]:
    numbers = {number: cells for text, cells in present.items() if (number := read_decimal(text)) is not None}
    if _is_binary(variable):
        between = sum(cells for number, cells in numbers.items() if 0 < number < 1)
        if between:
            amount = counted(between)
            yield f"has two values and holds {amount} between them: correct them, or set them missing"
    elif variable.is_categorical:
        yield from _unknown(variable, present)
    elif variable.kind in NUMERIC_KINDS:
        yield from _far_zeros(numbers)
    elif variable.kind is Kind.DATE:
        yield from _precision(present)


def _read_otherwise(variable: Variable, present: Counter[str]) -> Iterator[str]:
    """Tell how many cells lie between two steps of the grid, and how many numbers have leading zeros."""
    found = ReadOtherwise.of(variable, list(present), np.array([*present.values()], np.int64))
    if found.between:
        step = variable.step or format(Decimal(1).scaleb(-(variable.decimals or 0)), "f")
        start = f" from {variable.origin}" if variable.origin is not None else ""
        yield (
            f"holds {counted(found.between)} between the steps of {step}{start} that the schema declares:"
            " they count as the nearest step; correct them, or ask for a finer one"
        )
    if found.padded:
        yield (
            f"holds {counted(found.padded)} with leading zeros, which the schema reads as plain numbers:"
            " where they are codes, ask for a study that declares them as categorical"
        )


def _listed(labels: Iterable[str]) -> str:
    """Return codes as text; they look like codes to anybody, so that they are no value of a person."""
    first = [shown(label) for label in islice(labels, 6)]
    return ", ".join(first[:5]) + (", ..." if len(first) > 5 else "")


def _is_binary(variable: Variable) -> bool:
    if variable.is_categorical:
        return variable.kind is Kind.BOOLEAN or {*variable.categories} == {"0", "1"}
    return variable.key_range == (0, 1) and variable.kind is Kind.INTEGER


def _unknown(variable: Variable, present: Counter[str]) -> Iterator[str]:
    known = CodeList(dict.fromkeys(variable.categories, True))
    unknown = {label: cells for label, cells in present.items() if not known.find(label)}
    labels = "1 label" if len(unknown) == 1 else f"{len(unknown)} labels"
    if unknown:
        yield (
            f"holds {counted(sum(unknown.values()))} in {labels} that the schema does not know: add a step"
            " 'recode', or the categories"
        )


def _far_zeros(numbers: dict[Decimal, int]) -> Iterator[str]:
    zeros = numbers.get(Decimal(0), 0)
    others = sorted(number for number in numbers if number != 0)
    if len(others) < 2:
        return
    enough = max(SENTINEL_CELLS, SENTINEL_SHARE * sum(numbers.values()))
    steps = median(high - low for low, high in pairwise(others))
    away = others[0] > GAP_STEPS * steps and others[0] >= Decimal(str(NEAR_ZERO)) * median(others)
    if zeros >= enough and away:
        yield f"holds {zeros} zeros far from its other values: declare 0 as missing if it means that"


def _precision(present: Counter[str]) -> Iterator[str]:
    cells = {
        name: sum(count for text, count in present.items() if re.fullmatch(pattern, text))
        for name, pattern in _PRECISION
    }
    kinds = [f"{count} to {name}" for name, count in cells.items() if count]
    if len(kinds) > 1:
        yield f"holds dates of mixed precision ({', '.join(kinds)}): add a step 'dates' to complete them"
