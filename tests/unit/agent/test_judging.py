"""The child judges a question's columns before it counts the cells of an answer."""

from __future__ import annotations

import pytest

from supplier_agent.tasks.child import judge, judge_person
from syncline.data.codebook import Coding
from syncline.errors import PolicyRefusal, ProtocolError
from syncline.protocols.asking import Memory, Request
from syncline.questions.marginals import Axis, Marginals
from syncline.questions.question import Question
from syncline.questions.tree_level import TreeLevel
from syncline.study.policy import Policy
from tests.unit.questions.small_tables import ROWS_ONLY, codebook
from tests.unit.study.cohort import WITH_PERSON


def test_persons_are_judged_beside_the_rows() -> None:
    policy = Policy.from_document({"syncline": "1", "columns": {"deny": ["pid"]}})
    with pytest.raises(PolicyRefusal, match=r"columns\.deny: the column 'pid', which tells persons apart"):
        judge_person(policy, WITH_PERSON, registered=True)
    with pytest.raises(PolicyRefusal, match=r"columns\.allow"):
        judge_person(Policy.from_document({"syncline": "1"}), WITH_PERSON, registered=False)
    assert judge_person(Policy.from_document({"syncline": "1"}), WITH_PERSON, registered=True) == "pid"
    assert judge_person(policy, ROWS_ONLY, registered=False) is None


@pytest.mark.parametrize(
    "question",
    [
        Marginals(((Axis("nobody", Coding.FINE),),), holdout=False),
        TreeLevel(0, ("nobody",), (), leaves=False),
    ],
    ids=lambda question: question.kind,
)
def test_a_column_that_no_codebook_names_is_refused_in_a_sentence(question: Question) -> None:
    policy = Policy.from_document({"syncline": "1"})
    with pytest.raises(ProtocolError, match="column"):
        judge(policy, Request(0, (question,), codebook()), Memory(), ROWS_ONLY)
