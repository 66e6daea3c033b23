"""What of a study needs each supplier's own answer follows from the table of phases."""

from __future__ import annotations

import pytest

from syncline.protocols.phase_table import END, Ask, PhaseRow, needs_of_each
from syncline.study.questions_asked import questions_of
from syncline.study.spec import StudySpec

EACH = PhaseRow("fake", (Ask("fake_sum"), Ask("fake_each", "a test names who answered")), (END,))
SUMS = PhaseRow("fake", (Ask("fake_sum"),), (END,))


def test_what_needs_each_suppliers_answer_is_named_once_with_the_reason() -> None:
    found = list(needs_of_each(compares=True, phases=(EACH, SUMS, EACH)))
    assert found == [("fake_each", "a test names who answered")]


def test_of_a_study_that_compares_more_is_needed() -> None:
    fits, compares = ({kind for kind, _ in needs_of_each(compares=own)} for own in (False, True))
    assert "row_count" in fits < compares
    assert "score_candidate" in compares - fits


LEAST, EQUAL = ({"of": "low", "formula": formula, "from": ["high"]} for formula in ("at_most", "equal"))


@pytest.mark.parametrize(
    ("method", "columns", "constraints", "asked"),
    [
        ("marginals", 2, [], "row_count profile rank_counts"),
        ("marginals", 2, [LEAST], "row_count profile rank_counts formula_check"),
        ("marginals", 2, [EQUAL], "row_count profile rank_counts formula_check"),
        ("cart", 2, [], "row_count profile rank_counts formula_check moments marginals tree_level"),
        (
            "cart",
            101,
            [],
            "row_count profile rank_counts formula_check pair_counts moments marginals tree_level",
        ),
    ],
)
def test_what_a_study_asks_follows_from_its_phases(
    method: str, columns: int, constraints: list[dict[str, object]], asked: str
) -> None:
    names = ["low", "high", *(f"c{place}" for place in range(columns - 2))]
    document = {
        "syncline": 1,
        "study": "asked",
        "schema": {
            "variables": [{"name": name, "kind": "integer", "range": [0, 9]} for name in names],
            "constraints": constraints,
        },
        "suppliers": [{"name": "north"}],
        "synthesizer": {"method": method},
    }
    assert list(questions_of(StudySpec.model_validate(document))) == asked.split()
