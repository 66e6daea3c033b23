"""Every question of the table, those about a candidate included, passes the one suite."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syncline.questions.table import QUESTIONS
from tests.conformance.questions.conformance import CHECKS
from tests.conformance.questions.examples import Example, examples


@pytest.mark.parametrize("kind", QUESTIONS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_question_conforms(kind: str, check: Callable[[Example], None]) -> None:
    check(examples()[kind])


def test_every_question_has_an_example() -> None:
    assert set(examples()) == set(QUESTIONS)
