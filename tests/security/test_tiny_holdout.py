"""A researcher makes the holdout tiny: a study with too few people on either side ends before it learns.

With one person held out every floor of the report is 1 less the share of that person's value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from syncline.cli.app import app
from syncline.data.document import parse_document
from syncline.data.section import build
from syncline.errors import StudyFailed, UsageError
from syncline.preparation.fold import Fold
from syncline.privacy import people_rule
from syncline.sources.memory import TableSource
from syncline.study.simulated_study import fold_of_run, run_study
from syncline.study.spec import StudySpec
from syncline.study.table_validation import validate
from syncline.synthesizers.streams import Seed
from syncline.wire.exchange import HOPS
from tests.security.real_tables import NAMES, schema, table
from tests.studies.harness import Trial

FEW = (0, 1, 10)
STUDY = """\
syncline: 1
study: tiny
schema:
{schema}
suppliers: [{{name: north}}]
quorum: {{min_suppliers: 1}}
synthesizer: {{method: marginals, rows: 1000, seed: 7}}
validation: {{holdout: 0.2}}
release: {{gate: none, approvals: 0}}
"""


def study(rows: pd.DataFrame) -> str:
    text = schema(rows).to_yaml()
    return STUDY.format(schema="\n".join(f"  {line}" for line in text.splitlines()))


@pytest.fixture
def hold_out(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what holds out the first so many rows, or all but so many, as a chosen salt does."""

    def choose(number: int, *, all_but: bool = False) -> None:
        def held(fold: Fold, canonical: Any) -> Any:
            place = np.arange(len(canonical))
            return place >= number if all_but else place < number

        monkeypatch.setattr(Fold, "holds_out", held)

    return choose


def record_read(report: dict[str, Any]) -> dict[str, str]:
    """Return the value of each column that the floors give away, where one person is held out."""
    found = {}
    shares = {row["column"]: (row["labels"], row["real"]) for row in report["distributions"]}
    for row in report["metrics"]["tv_1way"]["detail"]["worst"]:
        (name,) = row["columns"]
        labels, real = shares[name]
        fits = [
            label.removesuffix(", or missing")
            for label, share in zip(labels, real, strict=True)
            if share is not None and row["floor"] is not None and abs(1 - share - row["floor"]) < 2e-6
        ]
        if len(fits) == 1:
            found[name] = fits[0]
    return found


def compared(rows: pd.DataFrame) -> dict[str, Any]:
    spec = build(StudySpec, parse_document(study(rows), "study.yaml"), "study.yaml")
    sources = {"north": TableSource(pa.Table.from_pandas(rows, preserve_index=False))}
    seed = Seed.of_number(7)
    fold = fold_of_run(spec, sources, b"chosen")
    found = run_study(spec, fold, sources, seed, hops=HOPS).assessment
    assert found is not None
    return found.document()


@pytest.mark.parametrize("name", NAMES)
def test_one_person_held_out_is_read_off_the_floors_unless_the_study_is_refused(
    name: str, hold_out: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = table(name)
    hold_out(1)
    with pytest.raises(StudyFailed, match="fewer than 11 people"):
        compared(rows)
    monkeypatch.setattr(people_rule, "few", lambda number, least: np.zeros_like(number) > 0)
    assert record_read(compared(rows)) == rows.iloc[0].to_dict()


def refusals(rows: pd.DataFrame, hold_out: Any, tmp_path: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield a hub's reason for each tiny number on either side, and the questions that it asked before."""
    for all_but in (False, True):
        for number in FEW:
            hold_out(number, all_but=all_but)
            directory = tmp_path / f"{number}-{all_but}"
            directory.mkdir()
            trial = Trial(study(rows), {"north": pa.Table.from_pandas(rows, preserve_index=False)}, directory)
            with pytest.raises(StudyFailed) as refused:
                trial.run()
            asked = [question.kind for _, request in trial.asked for question in request.questions]
            yield str(refused.value), asked


@pytest.mark.parametrize("name", NAMES)
def test_a_hub_refuses_by_one_sentence_and_before_anything_is_learnt(
    name: str, hold_out: Any, tmp_path: Any
) -> None:
    found = list(refusals(table(name), hold_out, tmp_path))
    assert len({reason for reason, _ in found}) == 1
    assert all(asked == ["row_count", "profile"] for _, asked in found)
    assert not any(str(number) in found[0][0].replace("11", "") for number in range(10))


def test_what_simulate_prints_of_a_refusal_is_the_same_for_every_small_number(
    hold_out: Any, tmp_path: Any
) -> None:
    rows = table("made-up")
    (tmp_path / "study.yaml").write_text(study(rows))
    rows.to_csv(tmp_path / "rows.csv", index=False)
    printed = set()
    for number in FEW:
        hold_out(number)
        arguments = ["simulate", str(tmp_path / "study.yaml"), "--supplier", f"north={tmp_path / 'rows.csv'}"]
        result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / f"out{number}")])
        assert result.exit_code != 0
        printed.add((result.output, str(result.exception)))
    assert len(printed) == 1


def test_enough_people_are_not_refused_and_no_floor_tells_of_fewer(hold_out: Any) -> None:
    rows = table("made-up")
    hold_out(11)
    assert compared(rows)["people"] == {"train": len(rows) - 11, "holdout": 11}


@pytest.mark.parametrize("held", [1, 10])
def test_validate_refuses_what_is_of_too_few_by_the_same_sentence(held: int) -> None:
    rows = table("made-up")
    said = set()
    for tables in ((rows, rows, rows.head(held)), (rows.head(held), rows, rows)):
        with pytest.raises(UsageError, match="fewer than 11 people") as refused:
            validate(*tables, schema=schema(rows))
        said.add(str(refused.value))
    assert len(said) == 1
