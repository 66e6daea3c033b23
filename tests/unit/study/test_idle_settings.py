"""A setting that has no effect beside the others is named by its key, and one that has an effect is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from syncline import Synthesizer
from syncline.cli.app import app
from syncline.cli.exit_status import fail
from syncline.errors import UsageError
from syncline.preparation.fold import Fold
from syncline.sources.memory import TableSource
from syncline.study.idle_settings import idle_settings
from syncline.study.spec import StudySpec
from syncline.study.table_validation import validate
from tests.unit.study.cohort import WITHOUT_PERSON, cohort
from tests.unit.study.local_fit import release_of
from tests.unit.study.simulated import fit_study

SCHEMA = WITHOUT_PERSON.without(["absent", "constant"])
SUPPLIERS = [{"name": name} for name in ("a", "b", "c", "d")]


def study(**sections: Any) -> StudySpec:
    document = {
        "syncline": 1,
        "study": "idle",
        "schema": SCHEMA,
        "suppliers": SUPPLIERS,
        "validation": {"holdout": 0},
        "release": {"gate": "none", "approvals": 0},
    }
    return StudySpec.model_validate({**document, **sections})


def columns(first: int) -> list[str]:
    names = [variable.name for variable in SCHEMA.modelled]
    return names[first:] + names[:first]


IDLE = {
    "leaves of no tree": ({"synthesizer": {"method": "marginals", "min_leaf": 7}}, "synthesizer.min_leaf: 7"),
    "depth of no tree": (
        {"synthesizer": {"method": "marginals", "max_depth": 3}},
        "synthesizer.max_depth: 3",
    ),
    "no order": (
        {"synthesizer": {"method": "marginals", "visit_sequence": columns(2)}},
        "synthesizer.visit_sequence",
    ),
    "all are needed": ({"quorum": {"min_suppliers": 2}}, "quorum.min_suppliers: 2"),
    "nobody is found": (
        {"validation": {"holdout": 0, "sensitive": columns(0)[:1]}},
        "validation.sensitive",
    ),
}
USED = {
    "defaults": {"synthesizer": {"method": "marginals"}},
    "written out": {"synthesizer": {"method": "marginals", "min_leaf": "auto", "visit_sequence": "auto"}},
    "trees": {"synthesizer": {"min_leaf": 7, "max_depth": 3, "visit_sequence": columns(2)}},
    "fewer may begin": {"quorum": {"min_suppliers": 2, "then": "proceed"}},
    "all, as is so": {"quorum": {"min_suppliers": 4}},
    "an attack": {"validation": {"holdout": 0, "keys": columns(0)[1:2], "sensitive": columns(0)[:1]}},
}


@pytest.mark.parametrize(("sections", "key"), IDLE.values(), ids=IDLE)
def test_what_has_no_effect_is_named_with_its_key_and_a_remedy(sections: dict[str, Any], key: str) -> None:
    (sentence,) = idle_settings(study(**sections))
    assert sentence.startswith(key)
    assert "no effect" in sentence
    assert "leave it out" in sentence


@pytest.mark.parametrize("sections", USED.values(), ids=USED)
def test_what_has_an_effect_is_not(sections: dict[str, Any]) -> None:
    assert idle_settings(study(**sections)) == ()
    assert idle_settings(StudySpec.from_canonical(study(**sections).canonical())) == ()


def released(**sections: Any) -> bytes:
    spec = study(suppliers=[{"name": "a"}], **sections)
    fitted = fit_study(spec, Fold(b"", 0), {"a": TableSource(cohort(400), "a")})
    return release_of(fitted, spec.schema)


@pytest.mark.parametrize("name", ["leaves of no tree", "depth of no tree", "no order"])
def test_the_release_is_the_same_without_it(name: str) -> None:
    assert released(**IDLE[name][0]) == released(synthesizer={"method": "marginals"})


def test_a_study_that_is_checked_or_run_says_so(tmp_path: Path) -> None:
    fields = [f"{{name: {name}, kind: integer, range: [0, 9]}}" for name in ("x", "y")]
    (tmp_path / "study.yaml").write_text(
        "syncline: 1\nstudy: s\n"
        f"schema: {{variables: [{', '.join(fields)}]}}\nsuppliers: [{{name: a}}]\n"
        "synthesizer: {method: marginals, min_leaf: 7, visit_sequence: [y]}\nprivacy: {min_cell: 1}\n"
        "validation: none\nrelease: {gate: none}\n"
    )
    pd.DataFrame({"x": range(10), "y": range(10)}).to_csv(tmp_path / "a.csv", index=False)
    place = str(tmp_path / "study.yaml")
    checked = CliRunner().invoke(app, ["studies", "check", place, "--persons", "50"])
    run = CliRunner().invoke(
        app, ["simulate", place, "--supplier", f"a={tmp_path}/a.csv", "--out", str(tmp_path / "out")]
    )
    for result in (checked, run):
        assert result.exit_code == 0, fail(result.exception) if result.exception else result.output
        assert "note: synthesizer.min_leaf: 7 has no effect" in result.stderr
        assert "note: synthesizer.visit_sequence: it has no effect" in result.stderr
    assert "note: --persons: it has no effect" in checked.stderr
    as_json = CliRunner().invoke(app, ["studies", "check", place, "--json"])
    assert len(json.loads(as_json.stdout)["no_effect"]) == 2


def test_a_synthesizer_refuses_an_order_that_its_technique_does_not_know() -> None:
    with pytest.raises(UsageError, match=r"visit_sequence: marginals .* knows no order of columns; leave it"):
        Synthesizer("marginals", visit_sequence=["age"])
    Synthesizer("marginals", visit_sequence="auto")


def test_a_comparison_says_that_nobody_attacks_by_no_keys() -> None:
    frame = pd.DataFrame({"x": [place % 5 for place in range(60)], "y": [place % 3 for place in range(60)]})
    found = validate(frame, frame, sensitive="y")
    assert [note for note in found.notes if "sensitive columns y are not attacked" in note.what]
