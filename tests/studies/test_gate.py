from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given

from syncline.validation.cell_table import CellTable
from syncline.validation.disclosure.gate import Scores, judge, strata
from syncline.validation.disclosure.repeated import LEAST_COPIES, repeated_rows
from syncline.validation.disclosure.scores import Scorer
from syncline.validation.disclosure.threshold_tests import Stratum
from tests.unit.validation.compared import compared
from tests.unit.validation.disclosure.small_tables import table_of, tables


def people(n_rows: int, seed: int) -> CellTable:
    """Return persons whose weight depends on their age, and their ward on both."""
    rng = np.random.default_rng(seed)
    age = rng.integers(0, 100, n_rows)
    weight = np.clip(400 + 3 * age + rng.normal(0, 120, n_rows), 0, 9990).astype(np.int64)
    ward = (age // 30 + (weight > 600)) % 4
    return table_of([age, weight, np.where(rng.random(n_rows) < 0.2, rng.integers(0, 4, n_rows), ward)])


def together(first: CellTable, second: CellTable) -> CellTable:
    keys = [np.concatenate(pair) for pair in zip(first.keys, second.keys, strict=True)]
    return table_of(keys)


TRAIN, HOLDOUT, FRESH = people(3000, 1), people(3000, 2), people(3000, 3)


def test_fresh_rows_of_the_same_kind_pass() -> None:
    assert compared(TRAIN, FRESH, HOLDOUT).gate.passed


@pytest.mark.parametrize("copied", [3000, 300, 150])
def test_copies_of_used_persons_fail(copied: int) -> None:
    leak = together(TRAIN.take(np.arange(copied)), FRESH.take(np.arange(3000 - copied)))
    gate = compared(TRAIN, leak, HOLDOUT).gate
    assert not gate.passed
    assert any(failure.startswith("xgap") for failure in gate.failures)


def test_copies_of_held_out_persons_are_nobodys_disclosure() -> None:
    leak = together(HOLDOUT.take(np.arange(300)), FRESH.take(np.arange(2700)))
    assert compared(TRAIN, leak, HOLDOUT).gate.passed


def test_without_anybody_held_out_it_does_not_pass() -> None:
    found = compared(TRAIN, FRESH, None)
    assert not found.gate.passed
    assert "held out" in found.gate.unjudged[0]


def test_a_table_of_few_values_repeats_its_rows_by_nature() -> None:
    kinds = table_of([np.full(600, 50), np.full(600, 550), np.arange(600) % 3])
    assert repeated_rows(kinds) is None


def test_one_person_copied_many_times_is_seen_in_the_table_alone() -> None:
    rows = table_of([FRESH.keys[0], FRESH.keys[1], FRESH.keys[2] % 3])
    alone = table_of([np.full(40, 55), np.full(40, 9990), np.full(40, 3)])
    many = repeated_rows(together(rows, alone))
    assert many is not None
    assert (many.rows, many.copies) == (1, 40)
    assert repeated_rows(together(rows, alone.take(np.arange(LEAST_COPIES - 1)))) is None
    common = table_of([np.full(40, 50), np.full(40, 550), np.full(40, 1)])
    assert repeated_rows(together(rows, common)) is None


@pytest.mark.parametrize("copies", [10, 40, 400])
def test_one_person_is_found_however_often_it_is_copied(copies: int) -> None:
    fine = people(3000, 4)
    unlike = table_of([fine.keys[0], np.arange(3000) * 3, fine.keys[2]])
    alone = table_of([np.full(copies, 55), np.full(copies, 9995), np.full(copies, 3)])
    many = repeated_rows(together(unlike, alone))
    assert many is not None
    assert (many.rows, many.copies) == (1, copies)


@given(tables(most_rows=12), tables(most_rows=12), tables())
def test_scores_add_over_suppliers(first: CellTable, second: CellTable, synthetic: CellTable) -> None:
    scorer = Scorer.of(synthetic, b"key")
    apart = scorer.scores(first) + scorer.scores(second)
    owner = np.concatenate([first.owner, second.owner + first.n_persons])
    both = CellTable(
        first.schema,
        tuple(np.concatenate(pair) for pair in zip(first.keys, second.keys, strict=True)),
        tuple(np.concatenate(pair) for pair in zip(first.status, second.status, strict=True)),
        owner,
    )
    whole = scorer.scores(both)
    assert whole.people == apart.people
    for name in ("isolation", "exact", "distance", "membership"):
        assert np.array_equal(getattr(whole, name), getattr(apart, name))
        assert getattr(whole, name).sum() <= whole.people


def test_suppliers_are_strata_of_their_own() -> None:
    scorer = Scorer.of(FRESH, b"key")
    half = np.arange(3000) < 1000
    pairs = [(scorer.scores(TRAIN.take(part)), scorer.scores(HOLDOUT.take(part))) for part in (half, ~half)]
    apart, pooled = (
        judge(strata(pairs)),
        judge(strata([(scorer.scores(TRAIN), scorer.scores(HOLDOUT))])),
    )
    assert [(r.train, r.holdout) for r in apart.tests] == [(r.train, r.holdout) for r in pooled.tests]
    assert [r.p for r in apart.tests] == pytest.approx([r.p for r in pooled.tests], abs=0.05)


def test_a_failure_says_how_many_are_recognised() -> None:
    bins = np.zeros_like(Scorer.of(FRESH, bytes(32)).scores(TRAIN).exact)
    used, held_out, alike = bins.copy(), bins.copy(), bins.copy()
    used[-1], held_out[-1], alike[0] = 200, 1, 300
    quiet = Stratum(alike, alike, 300, 300)
    failures = judge(Scores([Stratum(used, held_out, 300, 300)], [quiet])).failures
    assert "xgap 0 bits: of those used 200 are recognised, of the others 1; beyond chance" in failures[0]


def test_counts_of_few_persons_are_not_printed() -> None:
    leak = together(TRAIN.take(np.arange(150)), FRESH.take(np.arange(2850)))
    shown = compared(TRAIN, leak, HOLDOUT, min_cell=1).gate.to_json()
    hidden = compared(TRAIN, leak, HOLDOUT, min_cell=200).gate.to_json()
    pairs = list(zip(shown["rungs"], hidden["rungs"], strict=True))
    assert any(0 < test["holdout"] < 200 for test, _ in pairs)
    for test, safe in pairs:
        for kind in ("train", "holdout"):
            assert safe[kind] in (None, test[kind])
            assert safe[kind] is None or not 0 < test[kind] < 200
        telling = [safe[name] for name in ("excess", "lower", "p")]
        if None in (safe["train"], safe["holdout"]):
            assert telling == [None, None, None], "each of them would tell the count"
        else:
            assert telling == [test[name] for name in ("excess", "lower", "p")]
    assert any(safe["fails"] and safe["p"] is None for safe in hidden["rungs"])
    told = re.findall(r"(?:used|others) (\d+)", " ".join(hidden["failures"]))
    assert min(map(int, told)) >= 200
    assert "fewer than 200" in " ".join(hidden["failures"])


def test_shares_of_few_persons_are_those_of_min_cell() -> None:
    leak = together(TRAIN.take(np.arange(5)), FRESH.take(np.arange(2995)))
    found = compared(TRAIN, leak, HOLDOUT, min_cell=1000).metrics
    assert found["exact_matches"].value == 1000 / 3000
    assert (found["exact_matches"].at_most, found["exact_matches"].interval) == (True, None)
    measured = compared(TRAIN, leak, HOLDOUT, min_cell=1).metrics["exact_matches"]
    assert not measured.at_most
    assert measured.interval is not None
    curve = found["membership"].detail["roc"]
    assert all(x in (0, 1) or x >= 1000 / 3000 for point in curve for x in point)
