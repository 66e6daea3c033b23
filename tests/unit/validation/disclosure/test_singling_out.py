from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.validation.cell_table import CellTable
from syncline.validation.disclosure.singling_out import (
    MOST_COLUMNS,
    MOST_PREDICATES,
    Predicate,
    SinglingOut,
)
from syncline.validation.disclosure.singling_out_figures import singling_out
from tests.unit.validation.disclosure.small_tables import table_of, tables


def people(n_rows: int, seed: int) -> CellTable:
    rng = np.random.default_rng(seed)
    age = rng.integers(0, 100, n_rows)
    return table_of([age, np.rint(rng.gamma(2, 900, n_rows)).astype(np.int64), (age // 30) % 4])


TRAIN, HOLDOUT, FRESH = people(1500, 1), people(600, 2), people(1500, 3)


def slow_count(table: CellTable, predicate: Predicate) -> int:
    """Count the persons with a row that satisfies a predicate, one row after the other."""
    found = set()
    for row in range(table.n_rows):
        cells = [(table.valid(c.place)[row], int(table.keys[c.place][row]), c) for c in predicate]
        if all(valid and c.low <= key <= c.high for valid, key, c in cells):
            found.add(int(table.owner[row]))
    return len(found)


@given(tables(), tables(), st.binary(max_size=8))
def test_predicates_single_out_a_row_and_count_persons(
    synthetic: CellTable, real: CellTable, key: bytes
) -> None:
    attack = SinglingOut(synthetic, key)
    rows = CellTable(synthetic.schema, synthetic.keys, synthetic.status, np.arange(synthetic.n_rows))
    chosen = attack.predicates[:20]
    assert all(slow_count(rows, predicate) == 1 for predicate in chosen)
    assert [slow_count(real, predicate) for predicate in chosen] == attack.counts(real)[:20].tolist()
    assert len(set(attack.predicates)) == len(attack.predicates)


@given(tables(most_rows=12), tables(most_rows=12), tables())
def test_counts_add_over_suppliers(first: CellTable, second: CellTable, synthetic: CellTable) -> None:
    attack = SinglingOut(synthetic, b"key")
    both = CellTable(
        first.schema,
        tuple(np.concatenate(pair) for pair in zip(first.keys, second.keys, strict=True)),
        tuple(np.concatenate(pair) for pair in zip(first.status, second.status, strict=True)),
        np.concatenate([first.owner, second.owner + first.n_persons]),
    )
    assert (attack.counts(first) + attack.counts(second) == attack.counts(both)).all()


def test_predicates_depend_on_the_rows_and_the_key_alone() -> None:
    order = np.random.default_rng(4).permutation(FRESH.n_rows)
    whole = SinglingOut(FRESH, b"key").predicates
    assert SinglingOut(FRESH.take(order), b"key").predicates == whole
    assert SinglingOut(FRESH, b"other").predicates != whole
    assert 30 < len(whole) <= MOST_PREDICATES
    assert {len(predicate) for predicate in whole} <= set(range(1, MOST_COLUMNS + 1))


@given(st.integers(1, 12), st.data())
def test_thinning_is_the_mean_over_all_ways_to_choose(n_train: int, data: st.DataObject) -> None:
    n_holdout = data.draw(st.integers(1, n_train))
    satisfying = data.draw(st.integers(0, n_train))
    rng = np.random.default_rng(6)
    kept = [rng.permutation(n_train)[:n_holdout] < satisfying for _ in range(3000)]
    expected = np.mean([chosen.sum() == 1 for chosen in kept])
    found = singling_out(np.array([satisfying]), np.array([1]), n_train, n_holdout)
    assert found.value == pytest.approx(expected, abs=0.05)
    assert found.floor == 1


def test_fresh_rows_single_out_the_used_no_more_than_others_however_many_they_are() -> None:
    attack = SinglingOut(FRESH, b"key")
    excess, as_they_are = [], []
    for seed in range(40):
        counts = [attack.counts(people(n, 100 + 2 * seed + k)) for k, n in enumerate((1500, 300))]
        found = singling_out(*counts, 1500, 300)
        assert found.value is not None
        assert found.floor is not None
        excess.append(found.value - found.floor)
        as_they_are.append(np.mean(counts[0] == 1) - np.mean(counts[1] == 1))
    errors = np.std(excess) / np.sqrt(len(excess)), np.std(as_they_are) / np.sqrt(len(excess))
    assert abs(np.mean(excess)) < 3 * errors[0]
    assert abs(np.mean(as_they_are)) > 3 * errors[1]


def test_a_copy_singles_out_the_persons_that_it_copies() -> None:
    attack = SinglingOut(TRAIN, b"key")
    assert (attack.counts(TRAIN) == 1).all()
    found = singling_out(attack.counts(TRAIN), attack.counts(HOLDOUT), 1500, 600)
    assert found.floor is not None
    assert found.interval is not None
    assert found.interval[0] > found.floor
    assert isinstance(found.detail, dict)
    same = singling_out(attack.counts(TRAIN), attack.counts(TRAIN), 1500, 1500)
    assert same.value == same.floor == 1


def test_a_few_predicates_that_succeed_tell_of_no_few_people() -> None:
    held = np.zeros(1000, np.int64)
    shown = [
        singling_out(np.array([1] * alone + [2] * (1000 - alone)), held, 5000, 5000, 11)
        for alone in (1, 5, 10)
    ]
    assert len({(one.value, one.interval, one.at_most, str(one.detail)) for one in shown}) == 1
    assert shown[0].at_most
    assert not singling_out(np.array([1] * 300 + [2] * 700), held, 5000, 5000, 11).at_most


def test_what_cannot_be_said_is_said() -> None:
    assert singling_out(np.array([1, 2]), None, 9, 0).floor is None
    assert singling_out(np.array([1, 2]), None, 9, 0).value == 0.5
    alike = table_of([np.full(40, 3), np.full(40, 3), np.full(40, 3)])
    none = SinglingOut(alike, b"key").counts(TRAIN)
    assert none.shape == (0,)
    assert "not computed" in singling_out(none, none, 9, 9).words
