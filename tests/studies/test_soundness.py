"""Tables that cannot be judged are not passed, and what gives a table away at once fails it."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import syncline
from syncline.data.schema import Schema
from syncline.errors import DataError, UsageError
from syncline.validation.disclosure.gate import BLIND, MOST_UNSEEN, TOO_FEW
from syncline.validation.validation import Validation


def people(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, n)
    return pd.DataFrame(
        {
            "age": age,
            "weight": np.round(rng.normal(60 + age / 5, 9, n), 1),
            "ward": np.array(["a", "b", "c"])[rng.integers(0, 3, n)],
            "ill": np.where(rng.random(n) < age / 120, "yes", "no"),
        }
    )


REAL, HELD, FRESH = people(600, 1), people(600, 2), people(600, 3)


def reasons(found: Validation) -> str:
    assert not found.gate.passed
    assert list(found.gate.reasons) == found.document()["gate"]["failures"]  # type: ignore[index,call-overload]
    return " ".join(found.gate.unjudged)


def test_what_is_sound_is_judged() -> None:
    found = syncline.validate(REAL, FRESH, HELD)
    assert found.gate.passed
    assert found.gate.unjudged == ()


@pytest.mark.parametrize("held", [1, 5])
def test_a_copy_does_not_pass_because_hardly_anybody_was_held_out(held: int) -> None:
    with pytest.raises(UsageError, match="fewer than 11 people"):
        syncline.validate(REAL, REAL, HELD.head(held))
    found = syncline.validate(REAL, REAL, HELD.head(held), min_cell=1)
    assert found.gate.smallest_leak > MOST_UNSEEN
    assert TOO_FEW in reasons(found)
    assert "Not judged" in found._repr_html_()


def test_columns_that_nothing_was_compared_with_are_not_passed() -> None:
    renamed = REAL.rename(columns={"weight": "kg", "ill": "sick"})
    assert "compared with: kg, sick" in reasons(syncline.validate(REAL, renamed, HELD))
    schema = Schema.from_yaml(
        """\
variables:
  - {name: age, kind: integer, range: [0, 120]}
  - {name: ward, kind: categorical, categories: [a, b, c]}
"""
    )
    found = syncline.validate(REAL, FRESH, HELD, schema=schema)
    assert "compared with: weight, ill" in reasons(found)
    fewer = syncline.validate(REAL, FRESH[["age", "ward"]], HELD, schema=schema)
    assert fewer.gate.unjudged == (BLIND,), "compared with all columns, by which everybody has a row in it"


def test_cells_that_are_no_values_of_the_schema_are_not_passed() -> None:
    schema = Schema.from_yaml(
        """\
variables:
  - {name: age, kind: integer, range: [0, 120]}
  - {name: weight, kind: continuous, range: [0, 300], decimals: 1}
  - {name: ward, kind: categorical, categories: [a, b, c]}
  - {name: ill, kind: categorical, categories: ["no", "yes"]}
"""
    )
    spelt = REAL.assign(ward=REAL["ward"].str.upper(), age=REAL["age"] + 200)
    found = syncline.validate(REAL, spelt, HELD, schema=schema)
    assert "no values of the schema: age (100%), ward (100%)" in reasons(found)
    few = FRESH.assign(age=np.where(np.arange(600) < 3, 999, FRESH["age"]))
    assert syncline.validate(REAL, few, HELD, schema=schema).gate.passed


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1])
def test_people_who_were_held_out_and_used_are_noticed(share: float) -> None:
    used = int(600 * share)
    mixed = pd.concat([REAL.head(used), HELD.head(600 - used)])
    said = reasons(syncline.validate(REAL, FRESH, mixed))
    assert "of the held-out rows stand in the real table" in said


def test_rows_that_repeat_by_nature_are_no_overlap() -> None:
    columns = ["ward", "ill"]
    assert syncline.validate(REAL[columns], FRESH[columns], HELD[columns]).gate.unjudged == (BLIND,)


def test_persons_who_were_held_out_and_used_are_counted() -> None:
    real, held = REAL.assign(who=np.arange(600) // 2), HELD.assign(who=290 + np.arange(600) // 2)
    said = reasons(syncline.validate(real, FRESH, held, person="who"))
    assert "fewer than 11 persons stand in the real table and among those held out" in said


@pytest.mark.parametrize("share", [0.3, 0.1])
def test_held_out_rows_in_the_synthetic_table_fail_it_though_as_many_used_ones_are(share: float) -> None:
    n = int(600 * share)
    both = pd.concat([REAL.head(n), HELD.head(n), FRESH.head(600 - 2 * n)])
    found = syncline.validate(REAL, both, HELD)
    assert not any(test.fails for test in found.gate.tests), "no comparison of used with others can see it"
    assert any("stand in the synthetic table" in failure for failure in found.gate.failures)


def test_rows_of_few_values_stand_in_every_table() -> None:
    columns = ["ward", "ill"]
    large = pd.concat([people(600, seed)[columns] for seed in range(20, 25)])
    assert syncline.validate(REAL[columns], large, HELD[columns]).gate.failures == ()


def test_numbers_of_real_persons_in_the_synthetic_table_fail_it() -> None:
    real, held = REAL.assign(who=np.arange(600) + 7000), HELD.assign(who=np.arange(600) + 9000)
    stolen = syncline.validate(real, FRESH.assign(who=np.arange(600) + 7500), held, person="who")
    assert any("100 values of 'who'" in failure for failure in stolen.gate.failures)
    new = syncline.validate(real, FRESH.assign(who=np.arange(600) + 20_000), held, person="who")
    assert new.gate.passed


def test_numbers_that_only_count_synthetic_rows_are_nobodys() -> None:
    real, held = REAL.assign(who=np.arange(600) + 1), HELD.assign(who=np.arange(600) + 601)
    assert syncline.validate(real, FRESH.assign(who=np.arange(600) + 1), held, person="who").gate.passed


def test_the_report_says_which_tables_it_is_about(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "made.csv"
    FRESH.to_csv(path, index=False)
    found = syncline.validate(
        REAL.assign(who=np.arange(600) // 2), path, HELD.assign(who=-1 - np.arange(600)), person="who"
    )
    page = found._repr_html_()
    assert "Synthetic: made.csv (SHA-256 " in page
    assert "Real: a table in memory, 600 rows of 300 people." in page
    assert "300 people used, 600 held out" in page
    assert "fewer than 11 people are not shown" in page


@pytest.mark.parametrize(("name", "read"), [("a\nb", "a b"), ("a\u202eb", "ab")])
def test_a_name_is_read_without_what_nobody_sees(name: str, read: str) -> None:
    found = syncline.validate(*(table.rename(columns={"weight": name}) for table in (REAL, FRESH, HELD)))
    assert read in [column["column"] for column in found.document()["distributions"]]


@pytest.mark.parametrize("name", ["x" * 300])
def test_a_name_that_cannot_be_printed_is_named_with_its_place(name: str) -> None:
    with pytest.raises(DataError, match=r": column 2 is called .*; rename it"):
        syncline.validate(*(table.rename(columns={"weight": name}) for table in (REAL, FRESH, HELD)))


def test_a_model_that_cannot_be_fitted_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        syncline.validate(REAL, FRESH, HELD.head(11), models=["ill ~ age"])
