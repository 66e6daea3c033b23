"""The gate's ``xgap`` and ``gap`` beside loops over rows, SciPy's law, and labels that are shuffled."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy import stats

from syncline.data.batch import Status
from syncline.validation.cell_table import CellTable
from syncline.validation.disclosure.closeness import EXACT_STEPS_BITS
from syncline.validation.disclosure.gate import judge, strata
from syncline.validation.disclosure.scores import Scorer
from syncline.validation.disclosure.threshold_tests import TOP_SHARES
from tests.unit.validation.compared import compared
from tests.unit.validation.disclosure.small_tables import table_of

PERSONS, ROWS_EACH = 40, 2
SHUFFLES = 10_000


def visits(seed: int) -> CellTable:
    """Return persons of a few rows each; some cells are missing."""
    rng = np.random.default_rng(seed)
    n_rows = PERSONS * ROWS_EACH
    columns = [rng.integers(0, 25, n_rows), rng.integers(0, 40, n_rows), rng.integers(0, 4, n_rows)]
    return table_of(columns, [rng.random(n_rows) < 0.05 for _ in columns], rng.integers(0, PERSONS, n_rows))


def rows_of(table: CellTable) -> list[tuple[int | None, ...]]:
    columns = [
        [int(key) if status == Status.VALID else None for key, status in zip(keys, states, strict=True)]
        for keys, states in zip(table.keys, table.status, strict=True)
    ]
    return list(zip(*columns, strict=True))


def joined(*tables: CellTable) -> CellTable:
    starts = np.cumsum([0, *(table.n_persons for table in tables)])
    return CellTable(
        tables[0].schema,
        tuple(np.concatenate([table.keys[k] for table in tables]) for k in range(3)),
        tuple(np.concatenate([table.status[k] for table in tables]) for k in range(3)),
        np.concatenate([table.owner + start for table, start in zip(tables, starts[:-1], strict=True)]),
    )


USED, HELD, OTHERS = visits(1), visits(2), visits(3)
MADE = joined(USED.take(USED.owner < 14), OTHERS.take(np.arange(30)), HELD.take(HELD.owner == 0))


def slow_bits(own: tuple[int | None, ...], made: list[tuple[int | None, ...]]) -> list[int]:
    """Return the bits of every made row for one real row."""
    total = np.zeros(len(made), np.int64)
    for cell, column, variable in zip(own, zip(*made, strict=True), MADE.schema.modelled, strict=True):
        close = as_close(cell, list(column), variable.grid is not None)
        total += np.rint(64 * np.log2(len(made) / close)).astype(np.int64)
    return total.tolist()


def as_close(own: int | None, column: list[int | None], numeric: bool) -> np.ndarray:
    """Count for each cell of a column the cells that are at least as close to one's own."""
    if own is None or not numeric:
        same = np.array([cell == own for cell in column])
        return np.where(same, same.sum(), len(column))
    known = [cell for cell in column if cell is not None]
    rank = functools.cache(functools.partial(stats.percentileofscore, known, kind="mean"))
    steps = 2 * len(known) / 100
    far = np.array(
        [np.inf if cell is None else round(steps * abs(rank(cell) - rank(own))) for cell in column]
    )
    return np.where(np.isfinite(far), (far <= far[:, None]).sum(axis=1), len(column))


@functools.cache
def slow_scores(which: str) -> list[tuple[int, int | None]]:
    """Return each person's largest isolation, and the largest one of rows that the table holds."""
    table = {"used": USED, "held": HELD}[which]
    own, made = rows_of(table), rows_of(MADE)
    found: list[tuple[int, int | None]] = []
    for person in range(table.n_persons):
        isolation, exact = [], []
        for row in np.flatnonzero(table.owner == person).tolist():
            bits = sorted(slow_bits(own[row], made))
            isolation.append(bits[-1] - bits[-10])
            if own[row] in made:
                exact.append(isolation[-1])
        found.append((max(isolation), max(exact, default=None)))
    return found


def chosen(step: int | float) -> tuple[list[bool], list[bool]]:
    """Tell who of those used and of those held out is recognised at a step (bits) or share of a series."""
    sides = slow_scores("used"), slow_scores("held")
    if isinstance(step, int):
        used, held = ([s[1] is not None and s[1] >= 64 * step for s in side] for side in sides)
        return used, held
    scores = sorted((s[0] for side in sides for s in side), reverse=True)
    most = step * len(scores)
    fitting = [least for least in scores if sum(s >= least for s in scores) <= most]
    least = min(fitting, default=scores[0])
    used, held = ([s[0] >= least for s in side] for side in sides)
    return used, held


STEPS: list[int | float] = [*EXACT_STEPS_BITS, *TOP_SHARES]
NAMES = [f"xgap {bits} bits" for bits in EXACT_STEPS_BITS] + [
    f"gap {share * 100:g} %" for share in TOP_SHARES
]


@pytest.mark.parametrize(("name", "step"), list(zip(NAMES, STEPS, strict=True)))
def test_one_table_is_the_law_of_scipy_on_persons_counted_by_loops(name: str, step: int | float) -> None:
    scorer = Scorer.of(MADE, b"key")
    tests = judge(strata([(scorer.scores(USED), scorer.scores(HELD))])).tests
    test = next(test for test in tests if test.name == name)
    used, held = chosen(step)
    assert (test.train, test.holdout) == (sum(used), sum(held))
    law = stats.hypergeom(len(used) + len(held), len(used), sum(used) + sum(held))
    assert test.p == pytest.approx(law.sf(sum(used) - 1), rel=1e-9)


def test_in_few_places_a_series_chooses_no_more_people_and_all_exact_ones() -> None:
    """Suppliers tell scores in few places; the tests are those of the places' lower bounds."""
    scorer = Scorer.of(MADE, b"key")
    exact = judge(strata([(scorer.scores(USED), scorer.scores(HELD))])).tests
    people = USED.n_persons + HELD.n_persons
    for told, whole, step in zip(compared(USED, MADE, HELD).gate.tests, exact, STEPS, strict=False):
        assert told.name == whole.name
        if isinstance(step, int):
            assert (told.train, told.holdout) == (whole.train, whole.holdout)
        else:
            assert told.train + told.holdout <= max(step * people, len(USED.owner) / 10)


def test_the_planted_leak_is_among_what_is_compared() -> None:
    smallest = min(test.p for test in compared(USED, MADE, HELD).gate.tests)
    assert smallest < 0.01


@pytest.mark.parametrize(("name", "step"), list(zip(NAMES, STEPS, strict=True)))
def test_suppliers_are_labels_shuffled_within_each(name: str, step: int | float) -> None:
    scorer = Scorer.of(MADE, b"key")
    cuts = (14, 25)  # the first supplier's persons: of unlike shares held out
    pairs = []
    for part in (0, 1):
        sides = [
            table.take((table.owner < cut) == (part == 0))
            for table, cut in zip((USED, HELD), cuts, strict=True)
        ]
        pairs.append((scorer.scores(sides[0]), scorer.scores(sides[1])))
    test = next(test for test in judge(strata(pairs)).tests if test.name == name)
    used, held = chosen(step)
    rng = np.random.default_rng(7)
    seen = np.zeros(SHUFFLES, np.int64)
    for own, others in ((used[: cuts[0]], held[: cuts[1]]), (used[cuts[0] :], held[cuts[1] :])):
        people = np.tile([*own, *others], (SHUFFLES, 1))
        seen += rng.permuted(people, axis=1)[:, : len(own)].sum(axis=1)
    assert test.p == pytest.approx(float((seen >= sum(used)).mean()), abs=0.02)
