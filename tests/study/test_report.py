"""The report tells every formula that was declared or found, and what became of it."""

from __future__ import annotations

import pyarrow as pa
import pytest

from syncline.data.schema import Schema
from syncline.study.manifest import RosterEntry
from syncline.study.participation import Participation
from syncline.study.report import report_document, report_page
from syncline.study.spec import StudySpec
from tests.federation.local_fit import fit
from tests.synthesizers.test_structure import made

SCHEMA = {
    "variables": [{"name": name, "kind": "continuous"} for name in "abcdyz"],
    "constraints": [
        {"formula": "sum", "of": "y", "from": ["a", "b"]},
        {"formula": "at_most", "of": "a", "from": ["y"]},
    ],
}


@pytest.mark.parametrize("method", ["cart", "marginals"])
def test_formulas_have_a_section_of_their_own(method: str) -> None:
    columns = {**made("sum of two"), "z": made("sum of two")["c"]}
    schema = Schema.model_validate(SCHEMA)
    fitted = fit([pa.table(columns)], schema, max_depth=1, compare=False, method=method)
    document = {
        "syncline": 1,
        "study": "s",
        "schema": schema,
        "suppliers": [{"name": "north"}],
        "synthesizer": {"method": method},
    }
    spec = StudySpec.model_validate(document)
    roster = [RosterEntry.of(spec, "north", Participation())]
    report = report_document(spec, fitted, 10, None, roster, {})
    told = {row["column"]: (row["declared"], row["kept"], row["recomputed"]) for row in report["formulas"]}  # type: ignore[union-attr, index, call-overload]
    page = report_page.as_html(report)
    assert ">Formulas</h2>" in page
    if method == "marginals":
        assert told == {"y": (True, False, False), "a": (True, False, False)}
        assert "y is sum of a, b: declared, not kept: the method marginals draws each column" in page
        return
    assert told["y"] == (True, True, True)
    assert told["a"] == (True, True, False)
    (found,) = set(told) - {"y", "a"}
    assert told[found] == (False, True, True)
    assert "a is at most y: declared, kept." in page
    assert f"{found} is equal of" in page
