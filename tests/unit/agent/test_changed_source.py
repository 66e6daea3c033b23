"""The computing child's hold on its source: one study never counts two versions of a table."""

from __future__ import annotations

import pytest

from supplier_agent.tasks.child import AgentChild
from syncline.errors import DataError
from syncline.protocols.asking import Request
from syncline.questions.profile import Profile
from syncline.questions.row_count import RowCount
from syncline.study.policy import Policy
from syncline.wire.exchange import ReplyCodec
from tests.unit.agent import opened
from tests.unit.agent.small_study import POLICY, specification


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "heart.csv"
    path.write_text("age,sex\n40,F\n50,M\n")
    return path


def ask(child, table, number, memory):
    from syncline.data.document import parse_document
    from syncline.data.section import build

    policy = build(Policy, parse_document(POLICY, "policy"), "policy").to_document()
    header = {
        "op": "respond",
        "supplier": "cleveland",
        "source": str(table),
        "policy": policy,
        "flow": "summaries",
    }
    question = Profile(("age", "sex")) if number else RowCount()
    _, (reply, memory) = opened.ask(child, header, specification(), Request(number, (question,)), memory)
    return ReplyCodec().decode(reply), memory


def test_a_new_child_goes_on_with_the_same_source(table):
    child = AgentChild()
    _, memory = ask(child, table, 0, b"")
    assert ask(child, table, 1, memory)[0].answers == ask(AgentChild(), table, 1, memory)[0].answers


def test_a_source_that_changed_between_two_rounds_is_refused_until_it_is_back(table):
    content = table.read_text()
    child = AgentChild()
    _, memory = ask(child, table, 0, b"")
    first, _ = ask(child, table, 1, memory)
    child = AgentChild()
    table.write_text(content + "60,F\n")
    for _ in range(2):
        with pytest.raises(DataError, match="changed since this study began"):
            ask(child, table, 1, memory)
    table.unlink()
    with pytest.raises(DataError, match=r"heart\.csv"):
        ask(child, table, 1, memory)
    table.write_text(content)
    again, _ = ask(child, table, 1, memory)
    assert first.answers == again.answers


def test_a_source_may_still_change_before_the_first_round(table):
    child = AgentChild()
    table.write_text("age\n1\n")
    with pytest.raises(DataError, match="sex"):
        ask(child, table, 0, b"")
    table.write_text("age,sex\n40,F\n")
    ask(child, table, 0, b"")
