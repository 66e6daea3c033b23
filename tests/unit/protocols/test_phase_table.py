"""The table of phases: it names every phase and question, and what it does not hand out nobody reads."""

from __future__ import annotations

import numpy as np
import pytest

from syncline.errors import ProtocolError
from syncline.protocols.asking import Reply
from syncline.protocols.phase_table import END, MODEL, OWN, PHASES, Need, needs_of_each, row_of
from syncline.protocols.round_answers import Answers
from syncline.protocols.transition import PartyId
from syncline.questions.counts import Counts
from syncline.questions.sums import Sums
from syncline.synthesizers import registry
from syncline.synthesizers.fit_state import SHARED

NORTH, SOUTH = PartyId("north"), PartyId("south")
NAMES = [row.name for row in PHASES]


def counts(*cells: int) -> Counts:
    return Counts.of_dense(np.array(cells))


REPLIES = {
    SOUTH: Reply(0, (counts(1, 2), Sums((5,)))),
    NORTH: Reply(0, (counts(10, 0), Sums((-7,)))),
}


def test_every_phase_of_every_fit_has_its_row_and_techniques_have_one_for_theirs() -> None:
    assert {phase.name for phase in SHARED} == set(NAMES) - {"open", OWN, "people", "compare"}
    for name in registry.cards():
        for phase in registry.technique_of(name).phases:
            assert row_of(phase.name).name == OWN
    assert len(set(NAMES)) == len(NAMES)


def test_what_follows_is_in_the_table_and_every_phase_follows_another() -> None:
    follows = {name for row in PHASES for name in row.follows}
    assert follows - {MODEL, END} == set(NAMES) - {"open", "people"}


@pytest.mark.parametrize(("phase", "after"), [("check", "grow"), ("confirm", "search"), ("leaves", "check")])
def test_another_order_is_refused(phase: str, after: str) -> None:
    with pytest.raises(ProtocolError, match=f"the phase {after} does not follow"):
        row_of(phase).require_follows(after)
    row_of("confirm").require_follows("leaves")


def test_a_question_that_is_not_in_the_row_is_not_asked() -> None:
    with pytest.raises(ProtocolError, match="the phase search asks no marginals"):
        row_of("search").need("marginals")
    assert row_of("propose").need("moments") is Need.TOTAL
    assert row_of("grow").need("tree_level") is Need.TOTAL


def test_a_phase_reads_a_suppliers_own_answer_only_where_the_table_says_so() -> None:
    total = Answers.of(REPLIES, [Need.TOTAL, Need.TOTAL])
    assert total.counts(0).dense().tolist() == [11, 2]
    assert total.sums(1).values == (-2,)
    for read in (total.each_counts, total.each_sums):
        for place in (0, 1):
            with pytest.raises(ProtocolError, match="a total is enough here"):
                read(place)
    each = Answers.of(REPLIES, [Need.EACH, Need.EACH])
    assert list(each.each_counts(0)) == [NORTH, SOUTH]
    assert each.each_counts(0)[SOUTH].dense().tolist() == [1, 2]
    assert each.each_sums(1)[NORTH].values == (-7,)


def test_what_needs_each_suppliers_answer_has_a_reason() -> None:
    found = dict(needs_of_each(compares=False))
    assert set(found) == {"row_count", "profile", "rank_counts", "formula_check", "marginals"}
    compared = dict(needs_of_each(compares=True))
    assert set(compared) - set(found) == {"regression_sums", "score_trees", "score_candidate"}
    assert all(why and not why.endswith(".") for why in compared.values())
