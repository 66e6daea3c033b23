"""Columns of numbers: their grid and range; broken cells do not decide them, and codes are none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from syncline.data.batch import Status
from syncline.data.inference.day_serials import day_serial_notes
from syncline.data.inference.dominance import dominates
from syncline.data.inference.draft import (
    PREPARE,
    ROWS_OF_A_CODE,
    ColumnCells,
    VariableDraft,
    codes_of,
    meant_states,
    missing_notes,
    state_notes,
)
from syncline.data.inference.far_values import far_codes, of_another_order
from syncline.data.inference.gap_codes import gap_notes
from syncline.data.inference.grid_search import FoundGrid, coarser_grid, grid_of_numbers, without_float_noise
from syncline.data.inference.identifiers import IDENTIFIER_ROWS, NEARLY_ALL, LabelMarks, identifier_reason
from syncline.data.inference.moment_columns import digit_moments, far_notes
from syncline.data.inference.number_notation import (
    code_reason,
    is_few,
    is_padded_code,
    may_be_thousands,
    twins_of,
    whole_twins,
)
from syncline.data.inference.observed_range import with_range
from syncline.data.inference.record_names import NAMING, name_hint
from syncline.data.inference.seen_cells import Mask, Rows, SeenCells, sample
from syncline.data.inference.written_forms import digit_form
from syncline.data.kinds import Kind
from syncline.data.note import Deed, Note, counted
from syncline.data.numbers import floats_from_text, integers_from_text
from syncline.data.scalars import KEY_LIMIT
from syncline.data.variable import Variable

EXACT_INTEGERS = 2.0**53
"""Whole numbers from here on are codes: floats no longer tell them all apart."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NumberReading:
    """A column read as numbers: the draft, or why its texts are codes and no numbers."""

    draft: VariableDraft | None
    codes: str = ""


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Labels that are numbers, their values (k,), and the labels that mean missing or a named state."""

    seen: SeenCells
    values: Floats
    missing: tuple[str, ...]
    notes: tuple[Note, ...]
    states: tuple[str, ...] = ()


def read_numbers(cells: ColumnCells, known: Collection[str], *, spelled: bool) -> NumberReading | None:
    """Describe numbers; None where the column holds something else.

    Parameters
    ----------
    known : words for missing, which are counted as empty
    spelled : whether texts are codes where two of them write one number
    """
    seen = cells.seen.without(known)
    values = floats_from_text(pa.array(seen.labels, pa.string()))
    read = values.status == Status.VALID
    numbers = np.asarray(values.numbers, np.float64)
    if not dominates(read, seen.rows, seen.labels):
        return None
    broken = np.zeros(len(read), np.bool_)
    broken[read] = of_another_order(numbers[read], seen.rows[read])
    good = read & ~broken
    if _are_long_codes(seen, good, numbers):
        return NumberReading(None, "they have more digits than a number keeps")
    found = _found(cells, seen, good, read, numbers, known)
    if _are_whole(found.values):
        whole = digit_moments(cells, found.seen, known) if not broken.any() and read.all() else None
        if whole is None and (words := _digit_words(cells, found)):
            return NumberReading(None, words)
        whole = whole or _record(cells, found)
        if whole is not None:
            return NumberReading(whole)
    elif spelled and (words := _digit_words(cells, found)):
        return NumberReading(None, words)
    why = code_reason(found.seen.labels, found.seen.rows, found.values) if spelled else None
    if why is not None and not broken.any():
        return NumberReading(None, why)
    return NumberReading(_drafted(cells, found, spelled=spelled))


def declared_numbers(cells: ColumnCells, known: Collection[str]) -> VariableDraft | None:
    """Describe a column that somebody says holds numbers, codes or not; None where most cells are none."""
    seen = cells.seen.without(known)
    values = floats_from_text(pa.array(seen.labels, pa.string()))
    read = values.status == Status.VALID
    if not read.any() or not dominates(read, seen.rows, seen.labels):
        return None
    found = _found(cells, seen, read, read, np.asarray(values.numbers, np.float64), known)
    return _drafted(cells, found, spelled=False)


def read_long_integers(cells: ColumnCells) -> VariableDraft | None:
    """Describe typed whole numbers that a float does not hold exactly; None where there are none."""
    numbers = integers_from_text(pa.array(cells.seen.labels, pa.string())).numbers.astype(np.int64)
    if not len(numbers) or int(np.abs(numbers).max()) < EXACT_INTEGERS:
        return None
    marks = LabelMarks()
    marks.take(cells.seen.labels, cells.seen.places)
    why = identifier_reason(cells.name, marks, len(numbers), int(cells.seen.rows.max()))
    ends = (int(numbers.min()), int(numbers.max()))
    if max(-ends[0], ends[1]) >= KEY_LIMIT:
        why = why or "its whole numbers are too large to be counted"
    if why is None and len(numbers) == cells.seen.held >= IDENTIFIER_ROWS:
        why = "each row has a whole number of its own, with more digits than a measurement has"
    if why is not None:
        return cells.record(why, ())
    return VariableDraft(Variable(name=cells.name, kind=Kind.INTEGER, range=ends))


def _digit_words(cells: ColumnCells, found: _Numbers) -> str:
    """Return what days or months the digits are that a schema does not read; "" where they are none."""
    if name_hint(cells.name) in NAMING:
        return ""
    form = digit_form(found.seen.labels)
    return "" if form is None else form.words


def _found(
    cells: ColumnCells, seen: SeenCells, good: Mask, read: Mask, numbers: Floats, known: Collection[str]
) -> _Numbers:
    odd = [label for label, is_read in zip(seen.labels, read.tolist(), strict=True) if not is_read]
    broken = [seen.labels[place] for place in np.flatnonzero(read & ~good)]
    states = meant_states(cells.seen, known, odd)
    known, odd = [label for label in known if label not in states], [x for x in odd if x not in states]
    notes = (*missing_notes(cells, known, odd, "numbers"), *state_notes(cells, states, "numbers"))
    if broken:
        count = seen.count(broken)
        note = cells.note(
            Deed.GUESSED,
            f"{counted(count)} {sample(broken)} taken for missing",
            "they are of another order of magnitude than all others",
            f"correct them in the table; {PREPARE}",
            count,
        )
        notes = (*notes, note)
    return _Numbers(seen.only(good), numbers[good], (*known, *odd, *broken), notes, states)


def _are_long_codes(seen: SeenCells, good: Mask, numbers: Floats) -> bool:
    large = good & (np.abs(numbers) >= EXACT_INTEGERS)
    whole = [label.lstrip("+-").isdigit() for label in seen.labels]
    cells = int(seen.rows[large & np.array(whole, np.bool_)].sum())
    return cells > 0 and not is_few(cells, seen.held)


def _are_whole(values: Floats) -> bool:
    return int(np.count_nonzero(values == np.rint(values))) >= NEARLY_ALL * len(values)


def _record(cells: ColumnCells, found: _Numbers) -> VariableDraft | None:
    marks = LabelMarks()
    marks.take(found.seen.labels, found.seen.places)
    distinct = len(np.unique(found.values))
    if not marks.are_whole:
        return None
    why = identifier_reason(cells.name, marks, distinct, int(found.seen.rows.max(initial=0)))
    return None if why is None else cells.record(why, found.missing)


def _drafted(cells: ColumnCells, found: _Numbers, *, spelled: bool) -> VariableDraft:
    values, first, place = np.unique(found.values, return_index=True, return_inverse=True)
    rows = np.bincount(place, weights=found.seen.rows, minlength=len(values)).astype(np.int64)
    labels = [found.seen.labels[int(k)] for k in first]
    far = far_codes(labels, values, rows)
    coded = [place for place in far if rows[place] >= ROWS_OF_A_CODE]
    rare = [labels[place] for place in far if place not in coded]
    states = [labels[place] for place in coded]
    labels = [label for place, label in enumerate(labels) if place not in set(coded)]
    values, rows = np.delete(values, coded), np.delete(rows, coded)
    grid = grid_of_numbers(values, rows)
    fractions = found.values != np.rint(found.values)
    if grid.decimals == 0 and fractions.any():
        return _drafted(cells, _without_fractions(cells, found, fractions), spelled=spelled)
    if grid.decimals is None and grid.digits is None:
        grid = grid_of_numbers(without_float_noise(values), rows)
    notes = [*found.notes, *_grid_notes(cells, grid), *_finer_notes(cells, grid, values, rows)]
    if spelled:
        notes += _spelling_notes(cells, found)
    notes += far_notes(cells, labels, rows, [labels.index(label) for label in rare])
    near = np.array([label not in rare for label in labels], np.bool_)
    notes += gap_notes(cells, [x for x in labels if x not in rare], rows[near], "read as numbers")
    notes += state_notes(cells, states, "numbers that lie elsewhere")
    states = [*found.states, *states]
    whole = grid.decimals == 0
    serials = day_serial_notes(cells, values, rows)
    notes += serials
    if whole and not serials and len(values) == found.seen.held >= IDENTIFIER_ROWS:
        notes.append(_unique_note(cells, found.seen.held))
    return VariableDraft(_variable(cells.name, grid, values, found.missing, states), tuple(notes))


def _without_fractions(cells: ColumnCells, found: _Numbers, fractions: Mask) -> _Numbers:
    """Take the few fractions in a column of whole numbers for missing: no whole number stands for them."""
    labels = [found.seen.labels[place] for place in np.flatnonzero(fractions)]
    notes = missing_notes(cells, (), labels, "whole numbers")
    missing = (*found.missing, *labels)
    notes = (*found.notes, *notes)
    return _Numbers(found.seen.only(~fractions), found.values[~fractions], missing, notes, found.states)


def _variable(
    name: str, grid: FoundGrid, values: Floats, missing: Collection[str], states: Collection[str]
) -> Variable:
    named = dict.fromkeys(states, "")
    codes = codes_of(missing)
    low, high = float(values.min()), float(values.max())
    if grid.decimals == 0 and max(-low, high) >= KEY_LIMIT:
        return Variable(name=name, kind=Kind.IDENTIFIER, missing=codes)
    kind = Kind.INTEGER if grid.decimals == 0 else Kind.CONTINUOUS
    drafted = Variable(
        name=name,
        kind=kind,
        decimals=grid.decimals or None,
        digits=grid.digits,
        step=grid.step,
        origin=grid.origin,
        missing=codes,
        codes=named,
    )
    return with_range(drafted, np.array([low, high]))


def _grid_notes(cells: ColumnCells, grid: FoundGrid) -> list[Note]:
    if not grid.moved:
        return []
    if grid.step is not None:
        why, remedy = f"all others are {grid.words}", "remove 'step' where they are right"
    else:
        why = f"all others have at most {grid.decimals} decimals"
        remedy = "give more 'decimals' where they are right"
    what = f"{counted(grid.moved)} moved to the nearest value of the grid"
    return [cells.note(Deed.MOVED, what, why, remedy, grid.moved)]


def _finer_notes(cells: ColumnCells, grid: FoundGrid, values: Floats, rows: Rows) -> list[Note]:
    """Return the note that most cells are rounder than the values of a release will be."""
    coarser = coarser_grid(values, rows, grid)
    if coarser is None:
        return []
    if coarser.step is not None:
        grid_of_most, remedy = f"are multiples of {coarser.step}", f"step: {coarser.step}"
    elif coarser.decimals == 0:
        grid_of_most, remedy = "are whole numbers", "step: 1"
    else:
        noun = "decimal" if coarser.decimals == 1 else "decimals"
        grid_of_most, remedy = f"have at most {coarser.decimals} {noun}", f"decimals: {coarser.decimals}"
    why = "released values lie anywhere on the finer grid of the others"
    remedy = f"declare {remedy} where that is fine enough"
    return [cells.note(Deed.GUESSED, f"{counted(coarser.cells)} {grid_of_most}", why, remedy, coarser.cells)]


def _spelling_notes(cells: ColumnCells, found: _Numbers) -> list[Note]:
    """Return notes on numbers that are written in a way that codes are written in, though few of them."""
    labels = found.seen.labels
    notes = []
    padded = [label for label in labels if is_padded_code(label)]
    if padded:
        notes.append(_as_numbers(cells, padded, "leading zeros", found.seen))
    twins = [text for pair in twins_of(labels, found.values) for text in pair] or whole_twins(labels)
    if twins:
        notes.append(_as_numbers(cells, twins, "two ways to write one number", found.seen))
    if may_be_thousands(labels):
        dotted = [label for label in labels if "." in label]
        what = f"{counted(found.seen.count(dotted))} {sample(dotted)} with three decimals"
        remedy = f"where the point stands between thousands, {PREPARE}"
        notes.append(cells.note(Deed.GUESSED, what, "a point is read as a decimal point", remedy))
    return notes


def _as_numbers(cells: ColumnCells, labels: list[str], what: str, seen: SeenCells) -> Note:
    count = seen.count(labels)
    return cells.note(
        Deed.GUESSED,
        f"{counted(count)} read as numbers",
        f"they show {what} ({sample(labels)}), and the others look like measurements",
        "declare kind: categorical with its categories where they are codes",
        count,
    )


def _unique_note(cells: ColumnCells, held: int) -> Note:
    return cells.note(
        Deed.GUESSED,
        f"{counted(held)} modelled as numbers",
        "though each is a whole number of its own, nothing else in them looks like an identifier",
        "declare kind: identifier where they number persons or records",
        held,
    )
