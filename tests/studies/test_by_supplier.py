"""What is said of each supplier's rows alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, cast

import numpy as np
import pytest

from syncline.protocols.transition import PartyId
from syncline.questions.growth import LearnerRole
from syncline.questions.workspace import Workspace
from syncline.validation.cell_table import CellTable
from syncline.validation.comparison.assessment import Criteria, assess
from syncline.validation.comparison.comparison import Comparison, Evidence
from syncline.validation.comparison.plan import target_questions
from syncline.validation.comparison.rows import ComparableRows, joined
from syncline.validation.utility.overlap import regression_figure
from syncline.validation.utility.regression import RegressionModel, fit
from tests.unit.validation.comparison.parties import AIMS, COMPARED, MODELS, candidate, dealt, run, workspace

JUDGEMENT = Criteria(target="ill")
WANTED = Comparison(candidate(1000, 9), COMPARED, AIMS, "ill", persons=True)
PARTS = np.random.default_rng(4).permutation(np.repeat([0, 1, 2], [340, 340, 20]))
"""Two parties of half the persons, and one of twenty."""


def by_name(
    evidence: Evidence, judgement: Criteria = JUDGEMENT, wanted: Comparison = WANTED
) -> dict[str, Mapping[str, Any]]:
    rows = assess(wanted.candidate, wanted.digest, evidence, judgement).by_supplier
    return {row["name"]: row for row in cast("tuple[dict[str, Any], ...]", rows)}


OPEN = Comparison(candidate(1000, 9), COMPARED, replace(AIMS, min_cell=1), "ill", persons=True)
"""The same where anything is told, of which figures can be computed another way."""

HALVES = dealt(workspace(700, 1), np.arange(700) % 2, 2, 10_000)


@cache
def openly() -> Evidence:
    """Return what two suppliers tell who tell everything."""
    return run(OPEN, HALVES)


@cache
def open_rows() -> dict[str, Mapping[str, Any]]:
    """Return what is then said of each."""
    return by_name(openly(), Criteria(min_cell=1, target="ill"), OPEN)


@pytest.mark.parametrize("party", ["p0", "p1"])
def test_a_suppliers_figures_are_those_of_its_rows_alone(party: str) -> None:
    alone = replace(
        openly(),
        answers={k: v for k, v in openly().answers.items() if k == party},
        scored={k: v for k, v in openly().scored.items() if k == party},
    )
    whole = assess(OPEN.candidate, OPEN.digest, alone, Criteria(min_cell=1, target="ill")).metrics
    found = open_rows()[party]["metrics"]
    assert set(found) == {
        *("tv_1way", "tv_2way", "tv_3way", "association", "correlation", "rare_categories", "tails"),
        *("beyond_range", "auc_holdout", "pmse", "tstr", *(f"regression:{text}" for text in MODELS)),
    }
    for name in set(found) - {"pmse"} - {f"regression:{text}" for text in MODELS}:
        expected = {**whole[name].to_json(), "detail": None}
        assert found[name] == expected | {"words": "" if expected["value"] is not None else expected["words"]}
    assert all(found[name]["value"] is not None for name in ("tstr", "auc_holdout", "association", "tails"))


@pytest.mark.parametrize("party", ["p0", "p1"])
@pytest.mark.parametrize(("text", "near"), list(zip(MODELS, (1e-6, 0.03), strict=True)))
def test_a_suppliers_coefficients_are_nearly_those_of_a_fit_to_its_rows(
    party: str, text: str, near: float
) -> None:
    folds = [cells_of(HALVES[PartyId(party)], held=held) for held in (False, True)]
    model = RegressionModel.of(text, WANTED.candidate.cells)
    train, held = (fit(model, table) for table in folds)
    expected = regression_figure("", train, fit(model, WANTED.candidate.cells), held, 1)
    found = open_rows()[party]["metrics"][f"regression:{text}"]
    assert expected.value is not None
    assert found["value"] == pytest.approx(expected.value, abs=near)
    assert found["floor"] == pytest.approx(expected.floor, abs=near)
    assert found["interval"] == pytest.approx(expected.interval, abs=2 * near)


def cells_of(party: Workspace, *, held: bool) -> CellTable:
    """Return a party's rows of one fold as a table."""
    parts = [part.fold(held) for part in ComparableRows(party, COMPARED).parts()]
    return joined(parts[0].schema, parts)


def test_few_rows_say_nothing_of_their_own() -> None:
    evidence = run(WANTED, dealt(workspace(700, 1), PARTS, 3, 10_000))
    few = by_name(evidence)["p2"]
    assert few["metrics"]["tstr"]["value"] is None
    assert few["metrics"]["auc_holdout"]["value"] is None
    assert few["metrics"]["tv_1way"]["floor"] is None
    hidden = by_name(evidence, Criteria(min_cell=1000, target="ill"))
    assert all((row["rows"], row["metrics"]) == (None, {}) for row in hidden.values())


def shown_beside(*persons: int) -> tuple[Any, list[dict[str, Any]]]:
    """Return the printed rows of both folds, and of suppliers with so many persons each."""
    deal = np.repeat(np.arange(len(persons)), persons)
    evidence = run(WANTED, dealt(workspace(sum(persons), 1), deal, len(persons), 10_000))
    found = assess(WANTED.candidate, WANTED.digest, evidence, JUDGEMENT)
    return sum(evidence.rows), cast("list[dict[str, Any]]", list(found.by_supplier))


@pytest.mark.parametrize(
    ("persons", "shown"),
    [
        ((400, 200, 5), [True, False, False]),
        ((400, 5), [False, False]),
        ((400, 14, 14), [True, False, False]),
        ((400, 200, 0), [True, True, True]),
    ],
)
def test_what_the_shown_suppliers_leave_tells_of_enough_persons_or_of_nobody(
    persons: tuple[int, ...], shown: list[bool]
) -> None:
    total, rows = shown_beside(*persons)
    left = total - sum(row["rows"] or 0 for row in rows)
    few = [number for number, row in zip(persons, rows, strict=True) if row["rows"] is None]
    assert left == 0 or sum(few) >= JUDGEMENT.min_cell
    seen = [bool(row["metrics"]) or number == 0 for number, row in zip(persons, rows, strict=True)]
    assert seen == shown
    assert [row["words"] == "" for row in rows] == [bool(row["metrics"]) for row in rows]


@pytest.mark.parametrize(
    ("ages", "upper"),
    [
        ([1] * 82 + [0] * 18, 1),
        ([0] * 82 + [1] * 18, 1),
        (list(range(100)), 50),
        ([3] * 30 + [4] * 30 + [5] * 40, 5),
    ],
)
def test_a_number_is_cut_as_near_to_half_as_its_values_allow(ages: list[int], upper: int) -> None:
    (question,) = target_questions(_of_age(ages), "age")
    assert (question.role, question.low) == (LearnerRole.TARGET, upper)
    assert question.high > 10**9


def test_a_number_of_one_value_asks_nothing() -> None:
    assert target_questions(_of_age([7] * 30), "age") == ()


def _of_age(ages: list[int]) -> CellTable:
    like = candidate(len(ages), 1)
    return replace(like, keys=(np.array(ages, np.int64), *like.keys[1:]))
