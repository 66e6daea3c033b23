"""A reader who looks where a column is hidden: one person in a bin that is else empty hides no other one.

Such bins are those of named states that the synthetic table hardly has, and of what lies beyond its values.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from syncline.data.batch import Status
from syncline.data.schema import Schema
from syncline.validation import told_codes
from syncline.validation.cell_table import CellTable
from syncline.validation.metric import Metric
from syncline.validation.utility import told_tables
from syncline.validation.utility.distributions import distributions
from syncline.validation.utility.tables import Tables
from syncline.validation.utility.tails import tails
from tests.unit.validation.compared import tables_of

LEAST = 11
NUMBERS = """\
  - {name: income, kind: integer, range: [0, 1000000], codes: {"-8": refused, "-9": not asked}}
"""
DATES = """\
  - {name: income, kind: date, range: [1950-01-01, 2020-01-01], codes: {9999-12-31: open, never: never}}
"""
BARE = "  - {name: income, kind: integer, range: [0, 1000000]}\n"
SEX = "  - {name: sex, kind: categorical, categories: [f, m]}\n"
STATE, ABOVE, BELOW, MISSING, WITHOUT = "state", "above", "below", "missing", "without"


def people(lines: str, n: int, seed: int, lacking: float) -> CellTable:
    """Return people of whom nobody is in a state."""
    schema = Schema.from_yaml("variables:\n" + lines + SEX)
    rng = np.random.default_rng(seed)
    income = rng.integers(2000, 9000, n) // 10 * 10
    status = np.where(rng.random(n) < lacking, Status.MISSING, Status.VALID).astype(np.uint8)
    keys = np.where(status == Status.VALID, income, 0), rng.integers(0, 2, n)
    return CellTable(schema, keys, (status, np.zeros(n, np.uint8)), np.arange(n))


def with_one(table: CellTable, where: str) -> CellTable:
    """Return the table of which the first person is in a state, beyond all others, or lacks a value."""
    variable = table.schema.modelled[0]
    keys, status = table.keys[0].copy(), table.status[0].copy()
    status[0] = Status.MISSING if where == MISSING else Status.VALID
    own = {ABOVE: 15_000, BELOW: 10, MISSING: 0, WITHOUT: 5000}
    keys[0] = variable.states.last if where == STATE else own[where]
    return replace(table, keys=(keys, table.keys[1]), status=(status, table.status[1]))


def hidden(lines: str, n: int, lacking: float, where: str, *, held: bool) -> list[bool]:
    """Return which bars a report hides, and which cells are told as one, where one person is ``where``."""
    made, used, out = (people(lines, n, seed, lacking) for seed in (1, 2, 3))
    used, out = (used, with_one(out, where)) if held else (with_one(used, where), out)
    tables = tables_of(used, made, out, min_cell=LEAST)
    bars = distributions(tables, made)[0]["real"]  # type: ignore[call-overload, index]
    sets = (*tables.singles, *tables.pairs)
    return [bar is None for bar in bars] + [bool(told.mask.any()) for told in sets]


TABLES = [
    pytest.param(lines, n, lacking, id=f"{name}, {n} people, {lacking:.0%} lacking")
    for name, lines in (("numbers", NUMBERS), ("dates", DATES))
    for n, lacking in ((150, 0.0), (150, 0.3), (2000, 0.0), (2000, 0.1))
]


@pytest.mark.parametrize("held", [False, True], ids=["used", "held out"])
@pytest.mark.parametrize(("lines", "n", "lacking"), TABLES)
def test_one_person_in_a_state_hides_no_more_than_one_without_a_value(
    lines: str, n: int, lacking: float, held: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody, missing, state = (
        hidden(lines, n, lacking, where, held=held) for where in (WITHOUT, MISSING, STATE)
    )
    assert state == missing == nobody
    monkeypatch.setattr(told_codes, "_states", lambda *_: np.zeros(0, np.int64))
    nobody, state = (hidden(lines, n, lacking, where, held=held) for where in (WITHOUT, STATE))
    assert state != nobody


@pytest.mark.parametrize("lines", [NUMBERS, DATES, BARE], ids=["numbers", "dates", "without states"])
@pytest.mark.parametrize("where", [ABOVE, BELOW])
def test_one_person_beyond_all_synthetic_values_hides_nothing(
    lines: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hidden(lines, 2000, 0.0, where, held=False) == hidden(lines, 2000, 0.0, WITHOUT, held=False)
    monkeypatch.setattr(told_codes, "_with_ends", lambda column, variable: column)
    monkeypatch.setattr("syncline.validation.utility.told_tables.has_ends", lambda column: False)
    assert hidden(lines, 2000, 0.0, where, held=False) != hidden(lines, 2000, 0.0, WITHOUT, held=False)


@pytest.mark.parametrize("lines", [NUMBERS, BARE], ids=["with states", "without states"])
@pytest.mark.parametrize("where", [ABOVE, BELOW])
def test_one_person_beyond_all_synthetic_values_is_told_of_like_nobody(
    lines: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The share beyond the range is of enough people, or of fewer than so many."""
    made, used, out = (people(lines, 2000, seed, 0.0) for seed in (1, 2, 3))
    one, nobody = (with_one(used, place) for place in (where, WITHOUT))

    def beyond(table: CellTable) -> Metric:
        figures = tails(tables_of(table, made, out, min_cell=LEAST), LEAST)
        return next(figure for figure in figures if figure.name == "beyond_range")

    assert beyond(one) == beyond(nobody)
    assert beyond(nobody).at_most
    monkeypatch.setattr(told_tables, "_is_told", lambda found, _, ends, *beside: not found.people(ends))
    assert beyond(one) != beyond(nobody)


@pytest.mark.parametrize("lines", [NUMBERS, DATES, BARE], ids=["numbers", "dates", "without states"])
def test_numbers_that_are_all_in_one_bin_are_no_agreement(
    lines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of sixty people a bin has too few where there are two, so that all values are in one."""

    def tables() -> Tables:
        used, made, out = (people(lines, n, seed, 0.0) for n, seed in ((35, 2), (1000, 1), (25, 3)))
        return tables_of(used, made, out, min_cell=LEAST)

    found = tables()
    assert not found.singles[0].is_told
    assert not any(pair.is_told for pair in found.pairs)
    monkeypatch.setattr(told_codes, "is_blind", lambda *_: False)
    assert tables().singles[0].distance == tables().singles[0].floor == 0.0
