"""What of a study needs each supplier's own answer follows from the table of phases."""

from __future__ import annotations

from syncline.protocols.phase_table import END, Ask, PhaseRow, needs_of_each

EACH = PhaseRow("fake", (Ask("fake_sum"), Ask("fake_each", "a test names who answered")), (END,))
SUMS = PhaseRow("fake", (Ask("fake_sum"),), (END,))


def test_what_needs_each_suppliers_answer_is_named_once_with_the_reason() -> None:
    found = list(needs_of_each(compares=True, phases=(EACH, SUMS, EACH)))
    assert found == [("fake_each", "a test names who answered")]


def test_of_a_study_that_compares_more_is_needed() -> None:
    fits, compares = ({kind for kind, _ in needs_of_each(compares=own)} for own in (False, True))
    assert "row_count" in fits < compares
    assert "score_candidate" in compares - fits
