"""The child judges a question's columns before it counts the cells of an answer."""

from __future__ import annotations

import pytest

from supplier_agent.tasks.child import judge
from syncline.data.codebook import Coding
from syncline.errors import ProtocolError
from syncline.protocols.asking import Memory, Request
from syncline.questions.marginals import Axis, Marginals
from syncline.questions.tree_level import TreeLevel
from syncline.questions.vocabulary import Question
from syncline.study.policy import Policy
from tests.questions.small_tables import ROWS_ONLY, codebook


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
