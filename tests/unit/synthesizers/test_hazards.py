"""Hazards between suppliers, found in made-up answers, beside an independent oracle where there is one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from syncline.data.batch import Status
from syncline.data.variable import Variable
from syncline.protocols.transition import PartyId
from syncline.questions.counts import Counts
from syncline.questions.profile import STATUSES
from syncline.synthesizers.hazards import polarity
from syncline.synthesizers.hazards.distribution import Distributions, distance
from syncline.synthesizers.hazards.hazard import Hazard, HazardKind, hazards_from_json, hazards_to_json
from syncline.synthesizers.hazards.likeness import unlike_columns
from syncline.synthesizers.hazards.polarity import _reversed
from syncline.synthesizers.hazards.rules import Lacking
from syncline.synthesizers.hazards.scales import known_scales
from syncline.synthesizers.hazards.supplier_sizes import SupplierSize, lacking_columns, small_tables

DECIMALS = Variable.model_validate({"name": "lab", "kind": "continuous", "decimals": 2})
WHOLE = Variable.model_validate({"name": "n", "kind": "integer"})
NAMES = [PartyId(f"s{place}") for place in range(6)]


def distributions(samples: Mapping[PartyId, np.ndarray], variable: Variable = DECIMALS) -> Distributions:
    """Return samples of each supplier over intervals of one key each."""
    assert variable.grid is not None
    keys = {party: variable.grid.keys_from_numbers(sample) for party, sample in samples.items()}
    every = np.unique(np.concatenate(list(keys.values())))
    rows = {
        party: np.bincount(np.searchsorted(every, own), minlength=len(every)) for party, own in keys.items()
    }
    return Distributions(variable, every, every, rows)


def kinds(found: list[Hazard]) -> list[HazardKind]:
    return [hazard.kind for hazard in found]


@given(st.lists(st.integers(0, 30), min_size=4), st.lists(st.integers(0, 30), min_size=4))
def test_the_distance_is_that_of_kolmogorov_and_smirnov(one: list[int], other: list[int]) -> None:
    a, b = np.array(one), np.array(other)
    found = distributions({NAMES[0]: a, NAMES[1]: b}, WHOLE)
    # steps are read at the whole numbers themselves, where both cumulative shares are complete
    points = np.union1d(a, b).astype(float)
    lines = [found.line(found.rows[name]) for name in NAMES[:2]]
    between = max(abs(float(x - y)) for x, y in zip(lines[0].at(points), lines[1].at(points), strict=True))
    assert between == pytest.approx(ks_2samp(a, b, method="asymp").statistic)
    assert distance(*lines) >= between - 1e-12


@pytest.mark.parametrize("scale", list(known_scales()), ids=lambda scale: scale.words.replace(" ", "-"))
def test_a_supplier_in_another_known_unit_is_named(scale) -> None:
    rng = np.random.default_rng(1)
    centre = {"°F": 98.0, "K": 310.0}.get(scale.a, 60.0)
    spread = 0.12 if scale.offset == 0 else 0.02
    samples = {name: centre * np.exp(rng.normal(0, spread, 400)) for name in NAMES}
    samples[NAMES[4]] = samples[NAMES[4]] * scale.factor + scale.offset
    variable = Variable.model_validate({"name": "lab", "kind": "continuous", "decimals": 6})
    found = list(unlike_columns(distributions(samples, variable)))
    assert kinds(found) == [HazardKind.UNITS]
    assert found[0].suppliers == (NAMES[4],)
    assert found[0].is_severe
    assert "step 'units'" in found[0].words


@pytest.mark.parametrize("seed", range(20))
def test_suppliers_that_differ_as_suppliers_do_are_not_named(seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = {
        name: np.exp(rng.normal(4 + rng.normal(0, 0.15), 0.3, int(rng.integers(10, 500)))) for name in NAMES
    }
    assert list(unlike_columns(distributions(samples))) == []


def test_two_suppliers_in_one_other_unit_are_named_together() -> None:
    rng = np.random.default_rng(2)
    samples = {name: np.exp(rng.normal(4.6, 0.25, 300)) for name in NAMES}
    for name in (NAMES[1], NAMES[5]):
        samples[name] = samples[name] / 18.0156
    (hazard,) = unlike_columns(distributions(samples))
    assert hazard.suppliers == (NAMES[1], NAMES[5])
    assert "mmol/L against mg/dL of glucose" in hazard.words


def test_the_schema_s_unit_chooses_among_conversions() -> None:
    rng = np.random.default_rng(2)
    samples = {name: np.exp(rng.normal(4.6, 0.25, 300)) for name in NAMES}
    samples[NAMES[0]] = samples[NAMES[0]] * 2.204623
    variable = Variable.model_validate({"name": "w", "kind": "continuous", "decimals": 2, "unit": "kg"})
    (hazard,) = unlike_columns(distributions(samples, variable))
    assert "as in lb against kg:" in hazard.words


def test_a_column_by_which_rows_were_dealt_out_is_disjoint_and_no_matter_of_units() -> None:
    values = np.sort(np.random.default_rng(3).lognormal(3, 0.5, 2400))
    parts = dict(zip(NAMES, np.split(values, 6), strict=True))
    found = list(unlike_columns(distributions(parts)))
    assert kinds(found) == [HazardKind.DISJOINT]


def test_a_constant_at_one_supplier_is_named_and_one_everywhere_is_not() -> None:
    rng = np.random.default_rng(4)
    everywhere = {name: np.full(100, 7) for name in NAMES}
    assert list(unlike_columns(distributions(everywhere, WHOLE))) == []
    once = {name: rng.integers(0, 9, 100) for name in NAMES} | {NAMES[2]: np.full(100, 5)}
    (hazard,) = unlike_columns(distributions(once, WHOLE))
    assert (hazard.kind, hazard.suppliers) == (HazardKind.CONSTANT, (NAMES[2],))
    assert not any(digit in hazard.words.replace("s2", "") for digit in "0123456789")  # and no value


def test_a_category_that_only_one_supplier_has_is_disjoint_there() -> None:
    ward = Variable.model_validate({"name": "w", "kind": "categorical", "categories": ["a", "b", "c"]})
    keys = np.arange(3)
    rows = {NAMES[0]: np.array([40, 40, 0]), NAMES[1]: np.array([0, 0, 60]), NAMES[2]: np.array([30, 50, 0])}
    found = list(unlike_columns(Distributions(ward, keys, keys, rows)))
    assert kinds(found) == [HazardKind.CONSTANT, HazardKind.DISJOINT]
    assert found[1].suppliers == (NAMES[1],)


def related(rng: np.random.Generator, rows: int, share: float) -> np.ndarray:
    """Return one supplier's rows by class of three columns and value of y (9, 2), of a logistic relation."""
    x = rng.integers(0, 3, (rows, 3))
    odds = np.exp(0.9 * (x[:, 0] - 1) + 0.5 * (x[:, 1] - 1)) * share / (1 - share)
    y = (rng.random(rows) < odds / (1 + odds)).astype(int)
    return np.concatenate(
        [np.stack([np.bincount(x[y == v, c], minlength=3) for v in (0, 1)], axis=1) for c in range(3)]
    )


@pytest.mark.parametrize("wrong", [(), (2,), (1, 4)])
@pytest.mark.parametrize("seed", range(5))
def test_a_reversed_outcome_is_found_by_its_relations(wrong: tuple[int, ...], seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares = [0.2, 0.5, 0.7, 0.4, 0.8, 0.3, 0.6]  # which say nothing of polarity
    tables = np.stack([related(rng, 800, share) for share in shares]).astype(np.float64)
    for place in wrong:
        tables[place] = tables[place, :, ::-1]
    assert _reversed(tables, np.array([0, 3, 6])) == list(wrong)


@pytest.mark.parametrize("seed", range(40))
def test_an_outcome_without_relations_is_never_called_reversed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tables = rng.multinomial(200, np.full(6, 1 / 6), size=(5, 1)).reshape(5, 3, 2).astype(np.float64)
    assert _reversed(tables, np.array([0])) == []


def sick(rng: np.random.Generator, factors: tuple[float, ...], share: float = 0.3) -> np.ndarray:
    """Return one supplier's values of three columns that rise with y, and y (500, 4)."""
    y = rng.random(500) < share
    x = np.exp(rng.normal(4 + np.outer(y, [0.6, 0.4, 0.3]), 0.45))
    return np.column_stack([x * np.array(factors), y])


def in_classes_of_all(sites: list[np.ndarray]) -> np.ndarray:
    """Return rows by class of three columns and value of y (n_sites, 24, 2), classes of equal size in all."""
    edges = [np.quantile(np.concatenate(sites)[:, c], np.linspace(0, 1, 9)[1:-1]) for c in range(3)]
    return np.stack(
        [
            np.concatenate(
                [
                    np.stack(
                        [
                            np.bincount(np.searchsorted(edges[c], site[site[:, 3] == v, c]), minlength=8)
                            for v in (0, 1)
                        ],
                        axis=1,
                    )
                    for c in range(3)
                ]
            )
            for site in sites
        ]
    ).astype(np.float64)


EIGHTS = np.array([0, 8, 16])


@pytest.mark.parametrize("factors", [(0.3, 0.3, 0.3), (2.2046, 2.54, 1), (0.4, 0.4, 1), (18, 1, 1)])
def test_units_that_disagree_reverse_no_outcome(monkeypatch, factors) -> None:
    """Glucose and weight of one supplier in other units point the wrong way; diabetes is coded as ever.

    The second half: without the two rules some of these outcomes were called reversed.
    """
    accused = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        sites = [sick(rng, factors if place == 0 else (1, 1, 1)) for place in range(3)]
        tables = in_classes_of_all(sites)
        assert _reversed(tables, EIGHTS) == []
        with monkeypatch.context() as undone:
            undone.setattr(polarity, "ELSEWHERE", 2)
            undone.setattr(polarity, "_with_and_without", lambda cells: cells.sum(axis=1, keepdims=True))
            accused.append(_reversed(tables, EIGHTS) != [])
        plain = [sick(rng, (1, 1, 1)) for _ in range(3)]
        plain[1][:, 3] = 1 - plain[1][:, 3]
        assert _reversed(in_classes_of_all(plain), EIGHTS) == [1]
    if factors == (0.3, 0.3, 0.3):
        assert any(accused)


def test_one_column_alone_is_no_evidence_of_polarity() -> None:
    """Two columns are needed that agree: of one it cannot be told which of both is coded otherwise."""
    rng = np.random.default_rng(1)
    sites = [sick(rng, (1, 1, 1)) for _ in range(3)]
    sites[0][:, 0] = np.exp(8) / sites[0][:, 0]  # the column itself runs the other way there
    assert _reversed(in_classes_of_all(sites)[:, :8], np.array([0])) == []


@pytest.mark.parametrize(("rows", "named"), [(1000, True), (60, False)])
def test_a_supplier_with_one_class_of_a_rare_outcome_is_named_where_it_means_something(rows, named) -> None:
    outcome = Variable.model_validate({"name": "died", "kind": "boolean"})
    keys = np.arange(2)
    counts = {NAMES[0]: np.array([1940, 60]), NAMES[1]: np.array([rows, 0]), NAMES[2]: np.array([970, 30])}
    found = list(unlike_columns(Distributions(outcome, keys, keys, counts), min_cell=11))
    assert [hazard.suppliers for hazard in found] == ([(NAMES[1],)] if named else [])
    few = {NAMES[0]: np.array([1990, 10]), NAMES[1]: np.array([5000, 0])}
    assert list(unlike_columns(Distributions(outcome, keys, keys, few), min_cell=11)) == []


def profile(*missing: int, rows: int = 100) -> Counts:
    dense = np.zeros((len(missing), STATUSES), np.int64)
    dense[:, Status.MISSING] = missing
    dense[:, Status.VALID] = rows - np.array(missing)
    return Counts.of_dense(dense.ravel())


@pytest.mark.parametrize(
    ("absent", "sparse", "excluded", "stops"),
    [
        (Lacking.STOP, Lacking.MISSING, [], 0),
        (Lacking.STOP, Lacking.EXCLUDE, ["b", "c"], 0),
        (Lacking.EXCLUDE, Lacking.MISSING, ["c"], 0),
        (Lacking.EXCLUDE, Lacking.STOP, ["c"], 1),
        (Lacking.MISSING, Lacking.STOP, [], 2),
    ],
)
def test_columns_that_a_supplier_lacks_follow_the_study_s_rule(absent, sparse, excluded, stops) -> None:
    variables = [Variable.model_validate({"name": name, "kind": "integer"}) for name in "abc"]
    profiles = {NAMES[0]: profile(94, 95, 0), NAMES[1]: profile(0, 3, 100)}
    hazards, left_out, reasons = lacking_columns(profiles, variables, absent, sparse)
    assert left_out == excluded
    assert len(reasons) == stops
    assert len(hazards) == 2 - stops
    assert all("'a'" not in hazard.words for hazard in hazards)


def test_small_tables_are_named_without_their_size_and_those_without_rows_are_severe() -> None:
    empty, few = small_tables({n: SupplierSize(r) for n, r in zip(NAMES, (413, 164, 22, 3, 0), strict=False)})
    assert (empty.kind, empty.suppliers, empty.is_severe) == (HazardKind.FEW_ROWS, (NAMES[4],), True)
    assert "supplier 's4' has no rows" in empty.words
    assert (few.suppliers, few.is_severe) == ((NAMES[2], NAMES[3]), False)
    assert "22" not in few.words
    assert list(small_tables({NAMES[0]: SupplierSize(413)})) == []


def test_a_supplier_hears_of_its_own_hazard_and_of_no_other_supplier() -> None:
    (hazard,) = small_tables({NAMES[1]: SupplierSize(5), NAMES[2]: SupplierSize(22)})
    told = hazard.told_to(NAMES[2])
    assert told.suppliers == (NAMES[2],)
    assert "'s2'" in told.words
    assert "s1" not in told.words


def test_hazards_come_back_from_json() -> None:
    found = tuple(small_tables({NAMES[0]: SupplierSize(3), NAMES[1]: SupplierSize(0)}))
    assert hazards_from_json(hazards_to_json(found)) == found
