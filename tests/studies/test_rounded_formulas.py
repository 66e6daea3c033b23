"""Ratios and logarithms that were rounded to their column are found, and every released row keeps them."""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pytest

from syncline.data.constraint import Formula
from syncline.data.inference import infer
from syncline.data.schema import Schema
from syncline.synthesizers.fitted import Fitted
from tests.unit.study.local_fit import fit, release_of

ROWS = 900


def found(fitted: Fitted) -> dict[str, Formula]:
    return {derived.formula.of: derived.formula.formula for derived in fitted.model.derived}


def trips() -> pa.Table:
    rng = np.random.default_rng(2)
    count, gross = rng.integers(1, 40, ROWS), np.round(rng.lognormal(4, 1, ROWS), 2)
    way, hours = np.round(rng.uniform(5, 300, ROWS), 1), np.round(rng.uniform(0.5, 6, ROWS), 2)
    crp = np.round(rng.lognormal(1, 1, ROWS), 1) + 0.1
    return pa.table(
        {
            "count": count,
            "gross": gross,
            "price": np.round(gross / count, 2),
            "way": way,
            "hours": hours,
            "speed": np.rint(way / hours).astype(np.int64),
            "crp": np.round(crp, 1),
            "log_crp": np.round(np.log(crp), 2),
        }
    )


@pytest.mark.parametrize("parts", [1, 3])
def test_a_rounded_quotient_is_that_of_its_row(parts: int) -> None:
    table = trips()
    schema = infer(table).schema
    fitted = fit([table.take(np.arange(part, ROWS, parts)) for part in range(parts)], schema)
    assert found(fitted) == {"price": Formula.RATIO, "speed": Formula.RATIO, "log_crp": Formula.LOG}
    assert {d.formula.of: d.solved for d in fitted.model.derived}["speed"] is None
    released = release_of(fitted, schema)
    assert released == release_of(fit([table], schema), schema)
    drawn = pd.read_parquet(BytesIO(released))
    for of, top, bottom, step in (("price", "gross", "count", "0.01"), ("speed", "way", "hours", "1")):
        exact = [
            Fraction(str(a)) / Fraction(str(b)) - Fraction(str(c))
            for a, b, c in zip(drawn[top], drawn[bottom], drawn[of], strict=True)
        ]
        assert max(map(abs, exact)) <= Fraction(step) / 2
    assert (np.abs(np.log(drawn.crp) - drawn.log_crp) <= 0.005 + 1e-6).all()


def test_a_quotient_cut_off_is_no_rounded_one() -> None:
    table = trips()
    cut = np.floor(np.array(table["way"]) / np.array(table["hours"])).astype(np.int64)
    table = table.set_column(table.schema.get_field_index("speed"), "speed", pa.array(cut))
    assert "speed" not in found(fit([table], infer(table).schema, coded=False))


def beans() -> pa.Table:
    """Measures of beans: factors of shape, of axes and an area that was not rounded when they were made."""
    rng = np.random.default_rng(4)
    major, minor = np.exp(rng.normal(5.5, 0.2, ROWS)), np.exp(rng.normal(5.2, 0.2, ROWS))
    area, solidity = np.pi / 4 * major * minor, rng.uniform(0.97, 0.99, ROWS)
    numbers = {
        "area": np.rint(area).astype(np.int64),
        "major": major.round(6),
        "minor": minor.round(6),
        "factor_1": (major / area).round(8),
        "factor_2": (minor / area).round(8),
        "solidity": solidity.round(6),
        "hull": np.rint(area / solidity.round(6)).astype(np.int64),
    }
    return pa.table(numbers)


def test_what_is_in_most_quotients_is_drawn_and_a_quotient_by_what_hardly_varies_is_no_formula() -> None:
    """A quotient agrees within the rounding of its inputs, and more than a ten-thousandth is no rounding."""
    table = beans()
    fitted = fit([table], infer(table).schema, coded=False)
    derived = {d.formula.of for d in fitted.model.derived}
    assert {"factor_1", "factor_2"} <= derived
    assert not derived & {"area", "hull"}
    off = np.array(table["factor_1"]) * np.random.default_rng(5).uniform(0.9995, 1.0005, ROWS)
    table = table.set_column(3, "factor_1", pa.array(off.round(8)))
    assert "factor_1" not in {
        d.formula.of for d in fit([table], infer(table).schema, coded=False).model.derived
    }


def test_a_quotient_by_what_hardly_varies_is_kept_where_it_is_declared() -> None:
    table = beans()
    rule = {"formula": "ratio", "of": "hull", "from": ["area", "solidity"]}
    schema = infer(table).schema
    declared = Schema.model_validate({**schema.to_document(), "constraints": [rule]})
    drawn = pd.read_parquet(BytesIO(release_of(fit([table], declared, coded=False), declared)))
    assert (np.abs(drawn.area / drawn.solidity - drawn.hull) <= 0.5 + 1e-6 * drawn.hull).all()


def test_whole_numbers_follow_a_formula_exactly() -> None:
    """A millionth of the milliseconds since 1970 is half an hour, and of a large total some hundreds."""
    rng = np.random.default_rng(3)
    seconds = 1_677_628_800 + rng.integers(0, 1_728_000, ROWS)
    one, other = rng.integers(10**8, 10**9, ROWS), rng.integers(10**8, 10**9, ROWS)
    exact = {"one": one, "other": other, "total": one + other}
    assert found(learnt(exact)) == {"total": Formula.SUM}
    assert found(learnt({**exact, "total": one + other + rng.integers(0, 200, ROWS)})) == {}
    assert found(learnt({"seconds": seconds, "milliseconds": 1000 * seconds})) != {}
    later = 1000 * seconds + rng.integers(0, 1000, ROWS)
    fitted = learnt({"seconds": seconds, "milliseconds": later})
    assert found(fitted) == {"seconds": Formula.LINEAR}
    drawn = pd.read_parquet(BytesIO(release_of(fitted, integers("seconds", "milliseconds"))))
    assert (drawn.milliseconds // 1000 == drawn.seconds).all()


def learnt(columns: dict[str, npt.NDArray[np.int64]]) -> Fitted:
    return fit([pa.table(columns)], integers(*columns), coded=False)


def integers(*names: str) -> Schema:
    return Schema.model_validate({"variables": [{"name": name, "kind": "integer"} for name in names]})


def test_tiny_numbers_are_not_all_alike() -> None:
    """Two columns of some millionths differ by less than a millionth, and are not each other's copy."""
    rng = np.random.default_rng(8)
    one, other = 1e-7 * rng.lognormal(0, 1, ROWS), 1e-7 * rng.lognormal(0, 1, ROWS)
    schema = Schema.model_validate({"variables": [{"name": name, "kind": "continuous"} for name in "abc"]})
    fitted = fit([pa.table({"a": one, "b": other, "c": one + other})], schema, coded=False)
    assert found(fitted) == {"c": Formula.SUM}
