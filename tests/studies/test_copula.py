"""Whole fits by ``copula``: relations come back, missingness is one of them, and what is odd is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from syncline.errors import DocumentError, UsageError
from syncline.study.spec import StudySpec
from syncline.synthesizers.synthesizer import Synthesizer

pytestmark = pytest.mark.filterwarnings("ignore::syncline.data.note.TableWarning")

ROWS = 4000


def related(seed: int = 1) -> pd.DataFrame:
    """Return numbers, names, a truth value and gaps that all hang together."""
    rng = np.random.default_rng(seed)
    x, y, z = rng.multivariate_normal([0, 0, 0], [[1, 0.7, -0.4], [0.7, 1, 0], [-0.4, 0, 1]], ROWS).T
    wish = np.array([-x, z, y, np.zeros(ROWS)]) + rng.gumbel(size=(4, ROWS))
    town = np.array(["north", "south", "east", "west"])[wish.argmax(axis=0)]
    dose = np.where(z < 0.2, 0.0, np.round(np.exp(y + z), 2))
    lost = rng.random(ROWS) < np.where(x > 0.5, 0.6, 0.05)
    frame = {
        "age": np.rint(50 + 12 * x).astype(int),
        "score": np.round(y, 2),
        "town": town,
        "dose": dose,
        "ill": (x + y + rng.normal(size=ROWS)) > 0.5,
        "test": np.where(lost, np.nan, np.round(10 + 2 * z, 1)),
    }
    return pd.DataFrame(frame)


def drawn(frame: pd.DataFrame, **settings: object) -> pd.DataFrame:
    return Synthesizer("copula", seed=2, **settings).fit(frame).sample(ROWS)


@pytest.mark.parametrize("draws", ["systematic", "independent"])
def test_relations_of_pairs_come_back(draws):
    real = related()
    made = drawn(real, draws=draws)
    for a, b in (("age", "score"), ("age", "ill"), ("score", "dose"), ("score", "ill")):
        kept = spearmanr(real[a], real[b]).statistic, spearmanr(made[a], made[b]).statistic
        assert kept[1] == pytest.approx(kept[0], abs=0.06), (a, b)
    real_shares, made_shares = (
        pd.crosstab(frame.town, pd.cut(frame.age, [0, 40, 50, 60, 120]), normalize=True)
        for frame in (real, made)
    )
    assert (real_shares - made_shares).abs().sum().sum() / 2 < 0.06


def test_each_column_keeps_its_counts():
    real, made = related(), drawn(related())
    for name in ("town", "ill"):
        assert (real[name].value_counts() - made[name].value_counts()).abs().max() <= 2
    assert abs(int(real.test.isna().sum()) - int(made.test.isna().sum())) <= 1
    assert abs(int((real.dose == 0).sum()) - int((made.dose == 0).sum())) <= 2


def test_who_lacks_a_value_is_told_by_other_columns():
    """Missingness is a state of the column, and a value where it is there is related by itself."""
    real, made = related(), drawn(related())
    for frame in (real, made):
        assert frame.age[frame.test.isna()].mean() - frame.age[frame.test.notna()].mean() > 9
    assert spearmanr(real.test, real.age, nan_policy="omit").statistic == pytest.approx(
        spearmanr(made.test, made.age, nan_policy="omit").statistic, abs=0.08
    )


def test_a_repair_of_correlations_is_told():
    rng = np.random.default_rng(4)
    town = rng.choice(list("abcdef"), 3000)
    kin = pd.Series(town).map({"a": "u", "b": "v", "c": "w", "d": "u", "e": "x", "f": "y"})
    other = np.where(rng.random(3000) < 0.1, rng.choice(list("uvwxy"), 3000), kin)
    frame = pd.DataFrame({"town": town, "kin": other, "size": rng.integers(0, 50, 3000)})
    model = Synthesizer("copula", seed=1).fit(frame)
    assert any("correlations of latent variables" in note.what for note in model.notes)
    calm = Synthesizer("copula", seed=1).fit(frame[["size"]])
    assert not any("correlations of latent variables" in note.what for note in calm.notes)


def test_more_columns_than_it_learns_are_refused_before_anything_is_asked():
    frame = pd.DataFrame({f"c{i}": range(20) for i in range(101)})
    with pytest.raises(UsageError, match="copula learns at most 100 columns, and the schema has 101"):
        Synthesizer("copula").fit(frame)
    variables = [{"name": f"c{i}", "kind": "boolean"} for i in range(101)]
    document = {
        "syncline": 1,
        "study": "wide",
        "schema": {"variables": variables},
        "suppliers": [{"name": "east"}],
        "synthesizer": {"method": "copula"},
    }
    with pytest.raises((DocumentError, ValueError), match=r"synthesizer\.method: copula learns at most 100"):
        StudySpec.model_validate(document)


@pytest.mark.parametrize(
    "columns",
    [
        {"same": [3] * 400},
        {"a": ["x", "y"] * 200, "b": ["y", "x"] * 200},
        {"gone": [None, 1.5] * 200, "x": list(range(400))},
        {"many": [f"n{i % 90}" for i in range(4000)], "x": [i % 90 for i in range(4000)]},
    ],
)
def test_odd_tables_are_drawn(columns):
    frame = pd.DataFrame(columns)
    made = Synthesizer("copula", seed=1).fit(frame).sample(500)
    assert len(made) == 500
    assert set(made) <= set(frame)
    for name in made.select_dtypes("str"):
        assert set(made[name]) <= set(frame[name])
