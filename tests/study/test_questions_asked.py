"""What of a study needs each supplier's own answer is refused where the hub is to see sums alone."""

from __future__ import annotations

import pytest

from syncline.errors import UsageError
from syncline.protocols.phase_table import END, Ask, Row, needs_of_each
from syncline.study.questions_asked import require_sums_suffice

FAKE = Row("fake", (Ask("fake_sum"), Ask("fake_each", "a test names who answered")), (END,))
SUMS = Row("fake", (Ask("fake_sum"),), (END,))


def test_what_needs_each_suppliers_answer_is_refused_by_name() -> None:
    with pytest.raises(UsageError) as refused:
        require_sums_suffice(list(needs_of_each(compares=True, phases=(FAKE, FAKE))))
    said = str(refused.value)
    assert "needs each supplier's own answers (fake_each: a test names who answered); leave out" in said
    assert "fake_sum" not in said


def test_a_study_that_asks_for_sums_alone_is_not_refused() -> None:
    require_sums_suffice(list(needs_of_each(compares=True, phases=(SUMS,))))


def test_studies_as_they_are_would_be_refused() -> None:
    for compares in (False, True):
        with pytest.raises(
            UsageError, match="row_count: suppliers with few rows or people are named"
        ) as refused:
            require_sums_suffice(list(needs_of_each(compares=compares)))
        assert ("score_candidate" in str(refused.value)) is compares
