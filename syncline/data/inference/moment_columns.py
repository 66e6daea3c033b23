"""Columns of days and times: in ISO 8601, in digits alone, or typed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from syncline.data.batch import Status
from syncline.data.calendar_values import calendar_from_text
from syncline.data.inference.dominance import dominates
from syncline.data.inference.draft import (
    ROWS_OF_A_CODE,
    ColumnCells,
    VariableDraft,
    codes_of,
    meant_states,
    missing_notes,
    state_notes,
)
from syncline.data.inference.far_values import far_codes, slips_of
from syncline.data.inference.grid_search import FoundStep, multiples, step_of_days, step_of_times
from syncline.data.inference.identifiers import YEARS
from syncline.data.inference.number_notation import is_few
from syncline.data.inference.observed_range import scalar_of, with_range
from syncline.data.inference.record_names import NAMING, name_hint
from syncline.data.inference.seen_cells import Mask, Rows, SeenCells, sample
from syncline.data.inference.usual_times import usual_times_note
from syncline.data.kinds import Kind
from syncline.data.note import Deed, Note, counted
from syncline.data.scalars import write_scalar
from syncline.data.step import UNITS
from syncline.data.variable import Variable

FIRST_YEAR, LAST_YEAR = 1800, 2100
"""Digits are taken for days only in these years, and in 9999, which stands for an open end."""

CENTURY = 36_525
"""Days that a slip of a digit in a year makes at least, where it is told from a late day."""

HOURS = 3
"""Different hours that times of six digits show at least."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}(\.0)?")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}(-01)?|[0-9]{6}(\.0)?")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?|[0-9]{8}([T ]?[0-9]{4}([0-9]{2})?)?(\.0)?")
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}.*|[0-9]{1,4}(\.0)?")
_SPAN = re.compile(r"-?P[0-9DTHMS.]+|-?([0-9]+ days? )?[0-9]+:[0-9]{2}:[0-9]{2}(\.[0-9]+)?")
_LONG_SPAN = re.compile(r"-.*|P.*|.*day.*|([0-9]{3,}|2[5-9]|[3-9][0-9]):.*")
_NANOSECONDS = re.compile(r":[0-9]{2}\.[0-9]{6}(?=[0-9]*[1-9])[0-9]{1,3}")
_OFFSET = re.compile(r"[+-][0-9]{2}:[0-9]{2}$")
_NO_OFFSET = re.compile(r"UTC|Z|GMT|[+-]00:?00")
_NO_DAY = frozenset({"0", "00000000", "99999999", "0.0", "99999999.0"})


@dataclass(frozen=True, slots=True)
class MomentReading:
    """A way to read texts: those that match ``form``, as values of ``variable``."""

    variable: Variable
    form: re.Pattern[str]
    words: str
    distinct: int = 1

    def of(self, labels: Sequence[str]) -> tuple[Rows, Mask]:
        """Return the numbers (k,) of labels (k,), and which have the form and could be read."""
        numbers, read = np.zeros(len(labels), np.int64), np.zeros(len(labels), np.bool_)
        fits = [place for place, label in enumerate(labels) if self.form.fullmatch(label)]
        if fits:
            texts = pa.array([labels[place] for place in fits], pa.string())
            values = calendar_from_text(texts, self.variable)
            numbers[fits], read[fits] = values.numbers, values.status == Status.VALID
        return numbers, read


def _kind(kind: Kind, zone: str | None = None, step: str | None = None) -> Variable:
    return Variable(name="x", kind=kind, zone=zone, step=step)


WRITTEN = (
    MomentReading(_kind(Kind.DURATION), _SPAN, "spans of time"),
    MomentReading(_kind(Kind.DATE), _DAY, "days"),
    MomentReading(_kind(Kind.DATE, step="month"), _MONTH, "months"),
    MomentReading(_kind(Kind.DATETIME), _MOMENT, "dates and times"),
    MomentReading(_kind(Kind.TIME), _CLOCK, "times of day"),
    MomentReading(_kind(Kind.DATETIME, "UTC"), _MOMENT, "dates and times"),
)
"""Written forms in the order of preference; a column may hold digits alone beside them."""

DIGITS = (
    MomentReading(_kind(Kind.DATE), re.compile(r"[0-9]{8}(\.0)?"), "days written YYYYMMDD", 4),
    MomentReading(_kind(Kind.DATETIME), re.compile(r"[0-9]{12}(\.0)?"), "times written YYYYMMDDHHMM", 3),
    MomentReading(_kind(Kind.DATETIME), re.compile(r"[0-9]{14}(\.0)?"), "times written YYYYMMDDHHMMSS", 3),
    MomentReading(_kind(Kind.DATE, step="month"), re.compile(r"[0-9]{6}(\.0)?"), "months written YYYYMM", 8),
    MomentReading(_kind(Kind.TIME), re.compile(r"[0-9]{6}"), "times written HHMMSS", 10),
    MomentReading(_kind(Kind.TIME), re.compile(r"[0-9]{1,4}(\.0)?"), "times written HHMM", 20),
)
"""Forms in digits alone, and how many distinct values make one of them more than chance."""


def written_moments(cells: ColumnCells, known: Collection[str], *, digits: bool) -> VariableDraft | None:
    """Describe days and times in ISO 8601.

    Parameters
    ----------
    known : words for missing, which are counted as empty
    digits : whether digits alone may stand beside them, as in rows of several tables
    """
    seen = cells.seen.without(known)
    alone = np.array([label.removesuffix(".0").isdigit() for label in seen.labels], np.bool_)
    for reading in WRITTEN:
        numbers, read = reading.of(seen.labels)
        read &= digits | ~alone
        if dominates(read, seen.rows, seen.labels):
            kind = reading.variable.kind
            if kind is Kind.DURATION and not any(map(_LONG_SPAN.fullmatch, seen.labels)):
                continue  # they may be times of day
            if kind not in (Kind.TIME, Kind.DURATION):
                slips = _slips(seen, read, numbers, is_day=kind is Kind.DATE)
                read[np.flatnonzero(read)[slips]] = False
            odd = [label for label, is_read in zip(seen.labels, read.tolist(), strict=True) if not is_read]
            states = meant_states(cells.seen, known, odd)
            left, odd = [x for x in known if x not in states], [x for x in odd if x not in states]
            notes = missing_notes(cells, left, odd, reading.words)
            notes = (*notes, *state_notes(cells, states, reading.words))
            if kind in (Kind.DATETIME, Kind.TIME):
                finer = [label for label in seen.only(read).labels if _NANOSECONDS.search(label)]
                notes = (*notes, *cut_notes(cells, seen.count(finer)))
            if reading.variable.zone is not None:
                notes = (*notes, *_written_offsets(cells))
            notes = (*notes, *_rewritten(cells, reading.variable, seen.only(read)))
            found = _labelled(seen.only(read), numbers[read])
            return moment_draft(cells, reading.variable, found, (*left, *odd), notes, states)
    return None


def cut_notes(cells: ColumnCells, count: int) -> tuple[Note, ...]:
    """Return the note that ``count`` cells are finer than a microsecond, none where none is."""
    if not count:
        return ()
    why = "nothing finer is kept of a time, or released"
    remedy = "round them in the table where the nearest is meant"
    return (cells.note(Deed.MOVED, f"{counted(count)} cut off to whole microseconds", why, remedy, count),)


def offset_notes(cells: ColumnCells, offsets: Collection[str], count: int) -> tuple[Note, ...]:
    """Return the note that times with ``offsets`` of their own come out in UTC: offsets name no zone."""
    told = sorted(offset for offset in offsets if not _NO_OFFSET.fullmatch(offset))
    if not told:
        return ()
    noun = "offset" if len(told) == 1 else "offsets"
    return (
        cells.note(
            Deed.GUESSED,
            f"{counted(count)} written with {noun} {sample(told)}",
            "an offset names no zone, so the times are kept and released in UTC",
            "declare the zone, as in zone: Europe/Berlin: Parquet then says it; a CSV stays in UTC",
            count,
        ),
    )


def _rewritten(cells: ColumnCells, variable: Variable, seen: SeenCells) -> tuple[Note, ...]:
    """Return the note that a release writes months and spans of time in another form than the table."""
    if variable.kind is Kind.DURATION:
        others = [label for label in seen.labels if not label.lstrip("-").startswith("P")]
        words, form, remedy = (
            "spans of time",
            "in ISO 8601, as in P1DT14H31M",
            "declare kind: text to leave it out",
        )
    elif variable.step is not None:
        others = [label for label in seen.labels if len(label) < len("2026-01-01")]
        words, form = "months", "as their first days, as in 2026-01-01"
        remedy = "declare kind: ordinal with its categories to keep the form"
    else:
        return ()
    count = seen.count(others)
    if not count:
        return ()
    what = f"{counted(count)} read as {words}"
    return (cells.note(Deed.GUESSED, what, f"a release writes {words} {form}", remedy, count),)


def _written_offsets(cells: ColumnCells) -> tuple[Note, ...]:
    found = {label: match.group() for label in cells.seen.labels if (match := _OFFSET.search(label))}
    abroad = [label for label, offset in found.items() if not _NO_OFFSET.fullmatch(offset)]
    return offset_notes(cells, set(found.values()), cells.seen.count(abroad))


def _slips(seen: SeenCells, read: Mask, numbers: Rows, *, is_day: bool) -> Mask:
    """Tell which of the moments that could be read are slips of a digit, far from all others."""
    places = np.flatnonzero(read)
    labels = [seen.labels[place] for place in places]
    return slips_of(labels, numbers[places], seen.rows[places], CENTURY * (1 if is_day else UNITS["d"]))


def digit_moments(cells: ColumnCells, seen: SeenCells, missing: Collection[str]) -> VariableDraft | None:
    """Describe whole numbers that are days or times: nearly all valid, and more than a few."""
    if name_hint(cells.name) in NAMING:
        return None
    for reading in DIGITS:
        numbers, read = reading.of(seen.labels)
        none = np.array([label in _NO_DAY for label in seen.labels], np.bool_) & (len(seen.labels) > 2)
        odd = ~read & ~(none & (reading.variable.kind is Kind.DATE))
        if not read.any() or not is_few(int(seen.rows[odd].sum()), seen.held):
            continue
        if is_plausible(reading, [seen.labels[k] for k in np.flatnonzero(read)], numbers[read]):
            codes = [label for label, is_read in zip(seen.labels, read.tolist(), strict=True) if not is_read]
            note = cells.note(
                Deed.GUESSED,
                f"all {counted(seen.held)} read as {reading.words}",
                "each of the numbers is one",
                "declare kind: integer where they are plain numbers",
                seen.held,
            )
            notes = (note, *missing_notes(cells, missing, codes, reading.words))
            found = _labelled(seen.only(read), numbers[read])
            return moment_draft(cells, reading.variable, found, (*missing, *codes), notes)
    return None


@dataclass(frozen=True, slots=True)
class DistinctTimes:
    """Distinct days or times as numbers (k,) in days or microseconds, the rows of each, and its text."""

    numbers: Rows
    rows: Rows
    labels: list[str]

    def without(self, places: Sequence[int]) -> DistinctTimes:
        """Return all but some of the moments."""
        labels = [label for place, label in enumerate(self.labels) if place not in set(places)]
        return DistinctTimes(np.delete(self.numbers, places), np.delete(self.rows, places), labels)


def moment_draft(
    cells: ColumnCells,
    variable: Variable,
    found: DistinctTimes,
    missing: Collection[str],
    notes: tuple[Note, ...] = (),
    states: tuple[str, ...] = (),
) -> VariableDraft:
    """Return the draft of a column of days or times: its range, its step, and codes that lie far away."""
    kind, zone = variable.kind, variable.zone
    grid = FoundStep(variable.step)
    far = far_codes(found.labels, found.numbers, found.rows)
    shared = [place for place in far if found.rows[place] >= ROWS_OF_A_CODE]
    if shared:
        words = [_as_value(variable, int(found.numbers[place])) for place in shared]
        notes, states = (*notes, *_far_states(cells, found, shared, words)), (*states, *words)
        found = found.without(shared)
        far = far_codes(found.labels, found.numbers, found.rows)
    if kind is Kind.DATE and grid.step is None:
        grid = FoundStep(step_of_days(found.numbers))
    elif kind is not Kind.DATE:
        grid = step_of_times(found.numbers, found.rows)
        ends = np.array([found.numbers.min(), found.numbers.max()])
        if grid.moved and far:  # a code for an open end is not moved to a grid that it does not lie on
            step = step_of_times(ends, np.ones(2, np.int64)).step
            grid = grid if step == grid.step and grid.origin is None else FoundStep()
    drafted = Variable(
        name=cells.name,
        kind=kind,
        zone=zone,
        step=grid.step,
        origin=grid.origin,
        missing=codes_of(missing),
        codes=dict.fromkeys(states, ""),
    )
    ranged = with_range(drafted, np.array([found.numbers.min(), found.numbers.max()]))
    notes = (*notes, *_moved(cells, grid))
    if kind is not Kind.DATE:
        notes = (*notes, *usual_times_note(cells, drafted, found.numbers, found.rows))
    return VariableDraft(ranged, (*notes, *far_notes(cells, found.labels, found.rows, far)))


def _as_value(variable: Variable, number: int) -> str:
    return write_scalar(scalar_of(variable.kind, variable.zone, number))


def _far_states(
    cells: ColumnCells, found: DistinctTimes, places: Sequence[int], words: Sequence[str]
) -> tuple[Note, ...]:
    count = int(found.rows[list(places)].sum())
    what = f"{counted(count)} {sample(list(words))} kept as named {'state' if len(words) == 1 else 'states'}"
    remedy = "say under 'codes' what each means, or list it under 'missing'"
    why = "it lies far from all other values, as codes do"
    return (cells.note(Deed.GUESSED, what, why, remedy, count),)


def _moved(cells: ColumnCells, grid: FoundStep) -> tuple[Note, ...]:
    if not grid.moved:
        return ()
    why = f"all others are {multiples(grid.step, grid.origin)}"
    remedy = "remove 'step' where they are right"
    what = f"{counted(grid.moved)} moved to the nearest step"
    return (cells.note(Deed.MOVED, what, why, remedy, grid.moved),)


def far_notes(cells: ColumnCells, labels: Sequence[str], rows: Rows, far: Sequence[int]) -> tuple[Note, ...]:
    """Return the note on values that look like codes far from all others."""
    if not far:
        return ()
    words, count = sample([labels[place] for place in far]), int(rows[list(far)].sum())
    why = "it lies far from all other values, as codes do"
    remedy = "list it under 'missing' if it is a code"
    return (cells.note(Deed.NAMED, f"{counted(count)} with {words}", why, remedy, count),)


def _labelled(seen: SeenCells, numbers: Rows) -> DistinctTimes:
    """Join texts that are one moment, and write each as the schema does."""
    distinct, first, place = np.unique(numbers, return_index=True, return_inverse=True)
    rows = np.bincount(place, weights=seen.rows, minlength=len(distinct)).astype(np.int64)
    labels = [seen.labels[int(k)] for k in first]
    return DistinctTimes(distinct, rows, [_dashed(label) for label in labels])


def _dashed(label: str) -> str:
    return re.sub(r"^([0-9]{4})([0-9]{2})([0-9]{2})(?:\.0)?$", r"\1-\2-\3", label)


def is_plausible(reading: MomentReading, labels: Sequence[str], numbers: Rows) -> bool:
    """Tell whether digits that could be moments are no chance: enough of them, in years of living memory."""
    distinct = len(set(labels))
    if reading.variable.kind is Kind.TIME:
        return _are_clocks(labels, distinct, reading.distinct)
    years = {int(label[:4]) for label in labels}
    within = all(FIRST_YEAR <= year <= LAST_YEAR or year == dt.MAXYEAR for year in years)
    several = reading.variable.step is None or len(years) > 1
    return within and several and distinct >= reading.distinct


def _are_clocks(labels: Sequence[str], distinct: int, enough: int) -> bool:
    """Tell whether digits are hours and minutes: their last two never reach 60, though they differ."""
    sixes = all(len(label) == 6 for label in labels)
    if sixes and len({label[:2] for label in labels}) < HOURS:
        return False  # 202052 is a week of 2020, and no time of day
    minutes = {label.removesuffix(".0")[-2:] for label in labels}
    far = [label for label in labels if len(label.removesuffix(".0").lstrip("0")) >= 3]
    late = any(int(float(label)) >= (100_000 if sixes else 1000) for label in labels)
    years = all(YEARS[0] <= int(float(label)) <= YEARS[1] for label in labels)
    return late and not years and len(minutes) >= 3 and min(distinct, len(far)) >= enough
