"""A report's reader subtracts: nothing printed tells tables apart that differ in few people of a cell.

The reader knows the synthetic table, everything that is printed, and all people but a few.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.privacy import people_rule
from syncline.privacy.people_rule import MOST_STEP, few, step_of
from syncline.protocols.asking import Reply
from syncline.questions.counts import Counts
from syncline.study.table_validation import validate
from syncline.validation.utility.relations import cramers_v
from syncline.validation.utility.told import SetCounts, ToldCounts, told_column, told_parts, told_set
from syncline.validation.validation import Validation
from syncline.wire.exchange import ReplyCodec
from tests.security.real_tables import NAMES, schema, table
from tests.studies.harness import Released, Trial

LEAST = 11
WARDS = ("a", "b", "c", "r1", "r2", "r3")
STEPPED = (
    "auc_holdout",
    "pmse",
    "tstr",
    "nearer_to_train",
    "singling_out",
    "identity_unique",
    "attribute_cap",
)
STEPPED += ("attribute_disclosive", "inferential", "meaningful_identity")
"""Figures that are given in steps of so many people: they may lie on another side of a boundary."""

MOST_MOVED = MOST_STEP * (1 + 1e-6)
"""The largest step in which a figure is given; those of all people below have steps of 0.03."""

COUNTED = ("gate.", "metrics.membership.", "metrics.exact_matches.")
"""Numbers of people in sets of enough people, and what follows from these."""


def flat(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every number and text of a document with where it stands."""
    if isinstance(document, Mapping):
        for key, value in document.items():
            yield from flat(value, f"{path}.{key}" if path else str(key))
    elif isinstance(document, list | tuple):
        for place, value in enumerate(document):
            yield from flat(value, f"{path}[{place}]")
    else:
        yield path, document


def separating(one: Validation, other: Validation) -> list[str]:
    """Return the figures of two reports by which a reader tells their tables apart.

    Of what is given in steps that so many people move, another step is none, nor that there are too few runs
    of scores for a figure: either says on which side of a boundary it lies. Counts of people in sets of
    enough people, nested ones enough apart, are told.
    """
    first, second = dict(flat(one.document())), dict(flat(other.document()))
    found = []
    for path in sorted(first.keys() | second.keys()):
        a, b = first.get(path), second.get(path)
        if a == b or path.startswith(COUNTED):
            continue
        figure = re.match(r"(?:.*\.)?metrics\.(\w+)", path)
        numbers = isinstance(a, int | float) and isinstance(b, int | float)
        most = MOST_MOVED if path.startswith("subgroups") or "tstr" in path else step_of(500, LEAST) * 1.001
        if figure and figure[1] in STEPPED and (abs(a - b) <= most if numbers else None in (a, b)):
            continue
        found.append(path)
    return found


def people(n: int, seed: int, rare: tuple[int, int, int]) -> pd.DataFrame:
    """Return people of whom so many are in each of three rare wards."""
    rng = np.random.default_rng(seed)
    ward = np.array(rng.choice(WARDS[:3], n, p=[0.5, 0.3, 0.2]), dtype=object)
    ward[: sum(rare)] = np.repeat(WARDS[3:], rare)
    age = rng.integers(20, 90, n)
    ill = np.where(rng.random(n) < age / 120, "yes", "no")
    return pd.DataFrame({"ward": ward, "sex": rng.choice(["f", "m"], n), "age": age, "ill": ill})


def moved(rows: pd.DataFrame, number: int, away: str, to: str) -> pd.DataFrame:
    """Return the table in which so many people of one ward are in another."""
    changed = rows.copy()
    changed.loc[changed.index[changed["ward"] == away][:number], "ward"] = to
    return changed


MADE = people(1000, 99, (12, 9, 15))
WHOLE = people(900, 1, (5, 4, 3)), people(500, 2, (2, 6, 4))
SCHEMA = {
    "variables": [
        {"name": "ward", "kind": "categorical", "categories": list(WARDS)},
        {"name": "sex", "kind": "categorical", "categories": ["f", "m"]},
        {"name": "age", "kind": "integer", "range": [0, 120]},
        {"name": "ill", "kind": "categorical", "categories": ["no", "yes"]},
    ]
}


def report(train: pd.DataFrame, held: pd.DataFrame) -> Validation:
    from syncline.data.schema import Schema

    return validate(
        train, MADE, held, schema=Schema.model_validate(SCHEMA), keys=["sex"], sensitive=["ill"], target="ill"
    )


@pytest.fixture(scope="module")
def honest() -> Validation:
    return report(*WHOLE)


@settings(max_examples=4, derandomize=True)
@given(
    st.sampled_from([0, 1]),
    st.permutations(WARDS[3:]),
    st.integers(1, LEAST - 1),
)
def test_no_figure_tells_in_which_rare_ward_few_people_are(
    honest: Validation, fold: int, wards: list[str], number: int
) -> None:
    away, to, _ = wards
    folds = list(WHOLE)
    room = LEAST - 1 - int((folds[fold]["ward"] == to).sum())
    folds[fold] = moved(folds[fold], min(number, room), away, to)
    other = report(*folds)
    assert separating(honest, other) == []
    for section in ("columns", "pairs"):
        pages = [page._repr_html_() for page in (honest, other)]
        one, two = (re.search(f"<section id={section} .*?</section>", page, re.DOTALL) for page in pages)
        assert one
        assert two
        assert one[0] == two[0], section
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people_rule, "few", lambda number, least: np.zeros_like(number) > 0)
        told = separating(report(*WHOLE), report(*folds))
    assert any(path.startswith("metrics.tv_2way") for path in told)
    assert fold or any(path.startswith("distributions") for path in told)


# A reader who solves a printed figure for what is not printed


def solutions(found: ToldCounts) -> set[int]:
    """Return how many people may be in the first cell of two by two, by margins, distance and Cramer's V."""
    rows, columns = found.train.sum(axis=1), found.train.sum(axis=0)
    printed = round(found.distance, 6), round(cramers_v(found.smoothed(found.train)[0]), 6)
    n, fits = int(found.train.sum()), set()
    for first in range(int(min(rows[0], columns[0])) + 1):
        cells = np.array([[first, rows[0] - first], [columns[0] - first, n - rows[0] - columns[0] + first]])
        if (cells >= 0).all():
            given_by = round(_variation(found.synthetic, cells), 6), round(cramers_v(cells), 6)
            fits |= {first} if given_by == printed else set()
    return fits


def _variation(one: Any, two: Any) -> float:
    return float(np.abs(one / one.sum() - two / two.sum()).sum() / 2)


def pair_of(rows: pd.DataFrame) -> SetCounts:
    """Return two columns of two values each, of which both have one in few people at most."""
    counts = np.zeros((2, 2), np.int64)
    np.add.at(counts, (rows.iloc[:, 0].to_numpy(int), rows.iloc[:, 1].to_numpy(int)), 1)
    return SetCounts(tuple(rows.columns), np.array([[400, 300], [200, 100]]), counts, None)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("few_people", [1, 4, 10])
def test_a_pair_of_columns_does_not_tell_how_few_are_in_one_of_its_cells(
    name: str, few_people: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = table(name)
    first = (rows.iloc[:, -1] == rows.iloc[:, -1].mode()[0]).to_numpy(int)
    second = (rows.iloc[:, -2] == rows.iloc[:, -2].mode()[0]).to_numpy(int)
    both = pd.DataFrame({"one": first, "two": second})
    lone = both.index[(both["one"] == 0) & (both["two"] == 0)]
    both.loc[lone[few_people:], "two"] = 1
    counted = pair_of(both)
    lines = {name: (np.zeros(2, np.bool_), None) for name in counted.columns}

    def shown() -> ToldCounts:
        return told_set(counted, lines, LEAST, {})

    assert not shown().is_told
    monkeypatch.setattr(people_rule, "few", lambda number, least: np.zeros_like(number) > 0)
    assert not shown().hidden.any()
    assert solutions(shown()) == {few_people}


def test_what_one_supplier_has_does_not_tell_what_is_left_for_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = np.array([600, 400])
    parts = [SetCounts(("sex",), made, np.array(cells), None) for cells in ([80, 60], [97, 3])]
    whole = SetCounts(("sex",), made, parts[0].train + parts[1].train, None)

    def of_first() -> ToldCounts:
        return told_parts(parts, told_column(whole, LEAST), [False, False], LEAST, {})[0]

    assert not of_first().is_told
    monkeypatch.setattr(people_rule, "few", lambda number, least: np.zeros_like(number) > 0)
    first = of_first()
    n = int(first.train.sum())
    men = [m for m in range(n + 1) if abs(_variation(made, np.array([n - m, m])) - first.distance) < 5e-7]
    assert int(whole.train[1]) - 60 == 3
    assert 60 in men


# All that is printed by a study of sixty people

SIXTY = """\
syncline: 1
study: sixty
schema:
{schema}
suppliers: [{{name: north}}, {{name: south}}]
quorum: {{min_suppliers: 2}}
synthesizer: {{method: marginals, rows: 1000, seed: 7}}
privacy: {{min_cell: {least}}}
validation: {{holdout: 0.4, target: {target}, keys: [{key}], sensitive: [{target}]}}
release: {{gate: none, approvals: 0}}
"""


def sixty(name: str, least: int, directory: Path) -> Released:
    rows = table(name).iloc[::3].head(60).reset_index(drop=True)
    text = "\n".join(f"  {line}" for line in schema(rows).to_yaml().splitlines())
    key, target = rows.columns[0], rows.columns[-1]
    study = SIXTY.format(schema=text, least=least, key=key, target=target)
    tables = {
        "north": pa.Table.from_pandas(rows.head(35), preserve_index=False),
        "south": pa.Table.from_pandas(rows.tail(25), preserve_index=False),
    }
    policy = {"min_cell": 1}
    directory.mkdir()
    trial = Trial(study, tables, directory)
    return Trial(study, tables, directory, policy={**trial.policy, **policy}).run()


def numbers_of_few(document: Mapping[str, Any]) -> list[str]:
    """Return where a report holds a number of people, or a share that is one, of some but too few."""
    found = []
    train, held = document["people"]["train"], document["people"]["holdout"]
    heads = {key: document[key] for key in ("people", "rows", "by_supplier", "subgroups")}
    for path, value in flat(heads):
        is_head = path.rsplit(".", 1)[-1] in ("train", "holdout", "rows")
        if is_head and value is not None and few(value, LEAST):
            found.append(path)
    for test in document["gate"]["rungs"]:
        for kind, whole in (("train", train), ("holdout", held)):
            if test[kind] is not None and (few(test[kind], LEAST) or few(whole - test[kind], LEAST)):
                found.append(f"gate {test['name']} {kind}")
    for column in document["distributions"]:
        for label, share in zip(column["labels"], column["real"], strict=True):
            if share is not None and few(round(share * train), LEAST):
                found.append(f"{column['column']}: {label}")
    for name in ("exact_matches", "membership"):
        metric = document["metrics"][name]
        for which, whole in (("value", train), ("floor", held)):
            at_most = metric["at_most" if which == "value" else "floor_at_most"]
            if metric[which] is not None and not at_most and few(round(metric[which] * whole), LEAST):
                found.append(f"{name} {which}")
    for row in (document["metrics"]["tv_1way"]["detail"] or {}).get("worst", ()):
        shares = next(c for c in document["distributions"] if c["column"] == row["columns"][0])
        if row["floor"] is not None and len(shares["labels"]) == 2:
            real = shares["real"][0]
            ends = {round((real + sign * row["floor"]) * held) for sign in (1, -1)}
            if all(few(n, LEAST) or few(held - n, LEAST) for n in ends if 0 <= n <= held):
                found.append(f"floor of {row['columns'][0]}")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_study_of_sixty_people_prints_no_number_of_few(name: str, tmp_path: Path) -> None:
    released = sixty(name, LEAST, tmp_path / "told")
    assert numbers_of_few(released.report) == []
    assert numbers_of_few(sixty(name, 1, tmp_path / "open").report)
    page = (released.directory / "report.html").read_text("utf-8")
    assert "not shown" in page


def test_what_is_hidden_is_absent_with_its_reason_and_never_agreement(tmp_path: Path) -> None:
    metrics = sixty("made-up", LEAST, tmp_path / "told").report["metrics"]
    absent = {name for name, metric in metrics.items() if metric["value"] is None}
    assert {"auc_holdout", "tv_3way"} <= absent
    assert all(metrics[name]["reason"] and metrics[name]["words"] for name in absent)


# Digests of what few numbers were answered


def test_a_manifest_has_no_digest_by_which_small_replies_are_found(tmp_path: Path) -> None:
    def digest(train: int, held: int) -> str:
        reply = Reply(0, (Counts.of_dense(np.array([train, held])),))
        return hashlib.sha256(ReplyCodec().encode(reply)).hexdigest()

    printed = digest(57, 3)
    tried = {digest(60 - held, held): held for held in range(61)}
    assert tried[printed] == 3, "whoever reads the digest of a reply of two numbers finds them"
    released = sixty("made-up", LEAST, tmp_path / "told")
    for path in released.directory.glob("*.json"):
        text = json.dumps(json.loads(path.read_text("utf-8")))
        assert "replies_sha256" not in text
        assert "request_sha256" not in text
