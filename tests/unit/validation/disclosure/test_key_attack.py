"""Attacks by keys against slow code that looks up one person after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.validation.cell_table import CellTable
from syncline.validation.disclosure.key_attack import LATTICE, KeyAttack, KeyCounts
from syncline.validation.disclosure.key_figures import KeyEvidence, key_figures
from syncline.validation.metric import Metric
from tests.unit.validation.disclosure.small_tables import table_of, tables

KEYS, SENSITIVE = ("age", "ward"), ("weight", "ward")
PLACES = {"age": 0, "weight": 1, "ward": 2}
Rows = list[tuple[tuple[Hashable, ...], tuple[Hashable, ...]]]
MANY = st.builds(tables, most_rows=st.just(60), values=st.just(12)).flatmap(lambda strategy: strategy)


def codes(table: CellTable, synthetic: CellTable, name: str, bands: int | None) -> list[Hashable]:
    """Return each cell as it is compared: its key, the band that it lies in, or None where missing."""
    place = PLACES[name]
    known = sorted(synthetic.keys[place][synthetic.valid(place)].tolist())
    keys, valid = table.keys[place].tolist(), table.valid(place).tolist()
    if bands is None or name == "ward" or len(set(known)) <= bands:
        return [key if there else None for key, there in zip(keys, valid, strict=True)]
    edges = {known[number * len(known) // bands] for number in range(1, bands)}
    return [
        ("band", sum(edge <= key for edge in edges)) if there else None
        for key, there in zip(keys, valid, strict=True)
    ]


def looked_up(table: CellTable, synthetic: CellTable, bands: int | None) -> Rows:
    """Return keys and sensitive values of each row."""
    keys = zip(*(codes(table, synthetic, name, bands) for name in KEYS), strict=True)
    values = zip(*(codes(table, synthetic, name, 20) for name in SENSITIVE), strict=True)
    return list(zip(keys, values, strict=True))


def first_rows(table: CellTable, rows: Rows) -> Rows:
    seen: set[int] = set()
    return [
        row
        for owner, row in zip(table.owner.tolist(), rows, strict=True)
        if owner not in seen and not seen.add(owner)  # type: ignore[func-returns-value]
    ]


def slow_rates(synthetic: CellTable, real: CellTable, bands: int | None) -> dict[str, float]:
    """Return every figure of one level, counted person by person; where no tie makes a guess ambiguous."""
    made, people = looked_up(synthetic, synthetic, bands), first_rows(real, looked_up(real, synthetic, bands))
    alike = Counter(keys for keys, _ in people)
    matched = [(keys, values) for keys, values in people if any(keys == own for own, _ in made)]
    found = {
        "identity_unique": sum(
            alike[keys] == 1 and sum(keys == own for own, _ in made) == 1 for keys, _ in people
        )
        / len(people)
    }
    for j, name in enumerate(SENSITIVE):
        of_class = {keys: [values[j] for own, values in made if own == keys] for keys, _ in matched}
        shares = [of_class[keys].count(values[j]) / len(of_class[keys]) for keys, values in matched]
        found[f"attribute_cap:{name}"] = float(np.mean(shares)) if shares else 0.0
        found[f"attribute_disclosive:{name}"] = sum(share == 1 for share in shares) / len(people)
    return found


def evidence(synthetic: CellTable, train: CellTable, holdout: CellTable | None) -> Iterator[KeyEvidence]:
    for bands in LATTICE:
        attack = KeyAttack(synthetic, KEYS, SENSITIVE, bands)
        control = None if holdout is None else attack.counts(holdout)
        yield KeyEvidence(attack.level, attack, attack.counts(train), control)


def figures(levels: Sequence[KeyEvidence], min_cell: int = 1) -> dict[str, Metric]:
    return {metric.name: metric for metric in key_figures(list(levels), SENSITIVE, min_cell)}


@given(MANY, MANY, MANY)
def test_figures_are_those_of_looking_up_every_person_and_lie_within_their_intervals(
    synthetic: CellTable, train: CellTable, holdout: CellTable
) -> None:
    found = figures(list(evidence(synthetic, train, holdout)))
    check_intervals(found)
    slow = [(slow_rates(synthetic, train, bands), slow_rates(synthetic, holdout, bands)) for bands in LATTICE]
    for name in slow[0][0]:
        if found[name].value is None:  # nobody has the keys of a synthetic row
            assert name.startswith("attribute_cap")
            continue
        levels = found[name].detail["levels"]  # type: ignore[index,call-overload]
        for level, (used, others) in zip(levels, slow, strict=True):
            assert (level["value"] or 0.0) == pytest.approx(used[name], abs=1e-6)
            assert (level["floor"] or 0.0) == pytest.approx(others[name], abs=1e-6)
        gaps = [round(used[name] - others[name], 9) for used, others in slow]  # equal ones are equal
        if not name.startswith("attribute_cap"):
            assert found[name].value == pytest.approx(slow[int(np.argmax(gaps))][0][name])


@given(MANY, MANY, MANY)
def test_counts_add_over_suppliers(first: CellTable, second: CellTable, synthetic: CellTable) -> None:
    both = CellTable(
        first.schema,
        tuple(np.concatenate(pair) for pair in zip(first.keys, second.keys, strict=True)),
        tuple(np.concatenate(pair) for pair in zip(first.status, second.status, strict=True)),
        np.concatenate([first.owner, second.owner + first.n_persons]),
    )
    for bands in LATTICE:
        attack = KeyAttack(synthetic, KEYS, SENSITIVE, bands)
        added, whole = attack.counts(first) + attack.counts(second), attack.counts(both)
        assert added.people == whole.people
        for name in ("matched", "right", "shared", "learnt"):
            assert (getattr(added, name) == getattr(whole, name)).all()


def check_intervals(found: Mapping[str, Metric]) -> None:
    """Every figure lies within its interval."""
    for metric in found.values():
        if metric.value is not None:
            assert metric.interval is not None
            low, high = metric.interval
            assert low - 1e-9 <= metric.value <= high + 1e-9
            assert metric.name.startswith("inferential") or (low >= 0 and high <= 1)


def test_intervals_cover_the_risk_of_the_population() -> None:
    rng = np.random.default_rng(3)

    def people(n: int) -> CellTable:
        age, ward = rng.integers(0, 6, n), rng.integers(0, 3, n)
        return table_of([age, (age * 2 + rng.integers(0, 3, n)) % 7, ward])

    synthetic, population = people(400), people(40_000)
    truth, covered = figures(list(evidence(synthetic, population, None))), Counter[str]()
    for _ in range(200):
        for name, metric in figures(list(evidence(synthetic, people(300), None))).items():
            if name == "attribute_cap:weight":
                assert metric.interval is not None
                low, high = metric.interval
                covered[name] += low <= (truth[name].value or 0) <= high
    assert covered
    assert min(covered.values()) >= 190


def test_learning_two_values_of_a_person_found_is_meaningful() -> None:
    """Of eight persons each class of keys holds two; both sensitive values of one of them are told."""
    age, weight, ward = np.array([1, 1, 2, 2, 3, 3, 4, 4]), np.arange(8), np.zeros(8, np.int64)
    made = table_of([np.array([1, 2, 3, 4]), np.array([0, 2, 4, 6]), np.array([0, 1, 2, 3])])
    attack = KeyAttack(made, ("age",), ("weight", "ward"), None)
    counts = attack.counts(table_of([age, weight, ward]))
    assert counts.matched.tolist() == [2, 2, 2, 2]
    assert counts.learnt.sum(axis=1).tolist() == [5, 1]
    found = key_figures([KeyEvidence("", attack, counts, None)], ("weight", "ward"))[-1]
    assert found.name == "meaningful_identity"
    assert found.value == pytest.approx(1 / 2 / 8)


def test_counts_of_few_persons_are_not_told() -> None:
    table = table_of([np.arange(30), np.arange(30), np.arange(30) % 4])
    few = table_of([np.r_[np.arange(3), np.full(27, 99)], np.arange(30), np.arange(30) % 4])
    found = figures(list(evidence(table, few, None)), min_cell=11)
    assert found["identity_unique"].value is None, "11 of 30 persons move it by more than a fifth"
    assert found["attribute_cap:weight"].value is None


@pytest.mark.parametrize(
    ("learnt", "persons"),
    [
        ((40, 25, 14), [40, 25, 14]),
        ((30, 25, 14), [None, 25, 14]),
        ((40, 25, 15), [40, 25, None]),
        ((25, 25, 0), [25, 25, 0]),
    ],
)
def test_a_step_of_few_persons_in_what_is_learnt_is_not_told(
    learnt: tuple[int, ...], persons: list[int | None]
) -> None:
    table = table_of([np.arange(4), np.arange(4), np.arange(4)])
    attack = KeyAttack(table, ("age",), ("weight", "ward", "age"), None)
    nobody = np.zeros((3, 4), np.int64)
    counts = KeyCounts(200, np.array([50, 0, 0, 0]), nobody, nobody, np.outer(learnt, [1, 0, 0, 0]))
    found = key_figures([KeyEvidence("", attack, counts, counts)], ("weight", "ward", "age"), 11)[-1]
    (curves,) = found.detail["curves"]  # type: ignore[index,call-overload]
    assert curves["train"] == curves["holdout"]
    assert [share is None for share in curves["train"]] == [count is None for count in persons]
    assert found.value == curves["train"][1]
    assert found.value == 0.1 * round(learnt[1] / 50 / 200 / 0.1)


def test_a_level_at_which_nobody_matches_tells_nothing() -> None:
    """Guesses of used persons are worse than of others here, which is still more than no guess at all."""
    made = table_of([np.arange(60), np.arange(60) // 12, np.zeros(60, np.int64)])
    used = table_of([np.arange(60) * 3 + 200, np.zeros(60, np.int64), np.zeros(60, np.int64)])
    metric = figures(list(evidence(made, used, used)))["attribute_cap:weight"]
    assert metric.detail["level"] == "numbers among the keys in 20 bands"  # type: ignore[index,call-overload]
    assert metric.interval is not None
    assert metric.interval[1] < 1


def test_where_everybody_is_guessed_nothing_is_left_to_infer() -> None:
    made = table_of([np.arange(60) % 5, np.full(60, 7), np.zeros(60, np.int64)])
    metric = figures(list(evidence(made, made, made)))["inferential:weight"]
    assert (metric.value, metric.interval) == (None, None)
    assert "nothing is left to guess" in metric.words


def test_nobody_is_no_risk() -> None:
    none = table_of([np.zeros(0, np.int64)] * 3)
    attack = KeyAttack(table_of([np.arange(5)] * 2 + [np.zeros(5, np.int64)]), KEYS, SENSITIVE, None)
    counts: KeyCounts = attack.counts(none)
    assert counts.people == 0
    assert key_figures([KeyEvidence("", attack, counts, None)], SENSITIVE)[0].value is None
