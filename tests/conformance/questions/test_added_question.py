"""A question is added by its own file and one line of the table: then it is permitted, asked and counted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from supplier_agent.tasks.child import AgentChild
from syncline.data.batch import MemoryTable
from syncline.errors import DocumentError, PolicyRefusal, ProtocolError, WireError
from syncline.protocols.asking import Answering, Memory, Request
from syncline.questions.asked import MOST_REMEMBERED, Asked
from syncline.questions.counts import Counts
from syncline.questions.known import InvariantBroken, Known, PartySizes
from syncline.questions.question import Context
from syncline.questions.row_count import RowCount
from syncline.questions.table import QUESTIONS, Entry
from syncline.questions.workspace import Workspace
from syncline.study.policy import Policy
from syncline.wire.exchange import MemoryCodec, ReplyCodec, RequestCodec
from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb
from syncline.wire.questions import question_from_proto, question_to_proto
from tests.conformance.questions.conformance import CHECKS
from tests.conformance.questions.digit_counts import DigitCounts
from tests.conformance.questions.examples import KNOWN, Example, rows_of, table
from tests.conformance.questions.wrapped import AddNoise, SecureSum, integers, opened
from tests.unit.agent.opened import ask
from tests.unit.agent.small_study import specification
from tests.unit.validation.comparison.parties import SCHEMA

ENTRY = Entry(
    "digit_counts",
    "tests.conformance.questions.digit_counts:DigitCounts",
    "per numeric column, on which digit values end",
)
DIGITS = DigitCounts(("age", "weight"))


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the line into the table."""
    monkeypatch.setitem(QUESTIONS, ENTRY.kind, ENTRY)


@pytest.mark.usefixtures("added")
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_conforms(check: Callable[[Example], None]) -> None:
    check(Example(DIGITS, Asked(), known=rows_of(KNOWN)))


def answered(tmp_path: Path, question: DigitCounts, listed: list[str]) -> tuple[Any, list[bytes]]:
    """Ask the agent's computing process, in bytes as they cross the wire, under a policy."""
    path = tmp_path / "heart.csv"
    path.write_text("age,sex\n" + "".join(f"{20 + place},{'FM'[place % 2]}\n" for place in range(50)))
    policy = {
        "syncline": "1",
        "columns": {"allow": ["*"]},
        "questions": listed,
        "limits": {"max_order": 2, "max_rounds": 9, "max_cells": 10_000},
    }
    header = {
        "op": "respond",
        "supplier": "cleveland",
        "source": str(path),
        "policy": Policy.from_document(policy).to_document(),
        "flow": "summaries",
        "person": None,
        "candidate": None,
    }
    return ask(AgentChild(), header, specification(), Request(0, (question,)))


@pytest.mark.usefixtures("added")
def test_an_agent_answers_it_where_its_policy_lists_it(tmp_path: Path) -> None:
    told, (reply, _) = answered(tmp_path, DigitCounts(("age",)), ["row_count", "digit_counts"])
    (answer,) = ReplyCodec().decode(reply).answers
    assert isinstance(answer, Counts)
    assert answer.dense().tolist() == [5] * 10
    assert told["questions"] == [{"kind": "digit_counts", "columns": ["age"], "cells": 10}]
    with pytest.raises(PolicyRefusal, match="questions: questions of kind 'digit_counts' are not answered"):
        answered(tmp_path, DigitCounts(("age",)), ["row_count"])
    with pytest.raises(ProtocolError, match="does not hold numbers"):
        answered(tmp_path, DigitCounts(("sex",)), ["digit_counts"])


def test_an_agent_that_does_not_know_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(QUESTIONS, ENTRY.kind, ENTRY)
        content = RequestCodec().encode(Request(0, (DIGITS,)))
        assert RequestCodec().decode(content).questions == (DIGITS,)
    with pytest.raises(WireError, match=r"question\.kind: not a question of this version"):
        RequestCodec().decode(content)
    with pytest.raises(DocumentError, match=r"questions\[0\]"):
        Policy.from_document({"syncline": "1", "questions": ["digit_counts"]})
    permitting = Policy.from_document({"syncline": "1", "questions": ["row_count"]})
    assert permitting.permits_question("digit_counts", [], 1, 10) is not None


def test_a_question_with_a_message_of_its_own_has_no_other_form() -> None:
    twice = pb.Question(coded=pb.CodedQuestion(kind="row_count", body=b"whatever"))
    with pytest.raises(WireError, match="has a message of its own"):
        question_from_proto(twice)
    assert question_to_proto(RowCount()).WhichOneof("kind") == "row_count"


class OnceEach(DigitCounts):
    """Digits that are counted once for each column, which it remembers in a form of its own."""

    __slots__ = ()

    def after(self, asked: Asked) -> Asked:
        known = asked.own.get(self.kind, b"").decode().split(",")
        if set(self.names).intersection(known):
            raise ProtocolError(f"{self.kind}: these digits were counted already")
        return asked.remember(self.kind, ",".join([*filter(None, known), *self.names]).encode())


@pytest.mark.usefixtures("added")
def test_it_may_remember_what_only_it_can_read() -> None:
    rows, memory = Workspace(parts(1)[0]), Memory()
    for number, name in enumerate(("age", "weight")):
        _, after = Answering().respond(Request(number, (OnceEach((name,)),)), rows, memory)
        memory = MemoryCodec().decode(MemoryCodec().encode(after))
        assert memory == after
    assert memory.asked.own == {"digit_counts": b"age,weight"}
    with pytest.raises(ProtocolError, match="these digits were counted already"):
        Answering().respond(Request(2, (OnceEach(("age",)),)), rows, memory)


def test_what_a_question_remembers_is_bounded_and_of_a_kind_that_there_is() -> None:
    for own in ({"no_such_question": b"x"}, {"row_count": bytes(MOST_REMEMBERED + 1)}):
        memory = replace(Memory(), asked=Asked(own=own))
        with pytest.raises(WireError, match=r"memory\.own"):
            MemoryCodec().decode(MemoryCodec().encode(memory))


# --- wrappers ------------------------------------------------------------


def parts(count: int) -> list[MemoryTable]:
    """Deal the persons of a drawn table out."""
    batch = table(6, 90)
    assert batch.owner is not None
    return [MemoryTable(SCHEMA, [batch.take(batch.owner % count == number)]) for number in range(count)]


def asked_of(question: Any, rows: MemoryTable, recorded: int = 0) -> Any:  # Any: its own kind of answer
    """Return what a table answers, where the secure source gives what is ``recorded``."""
    question.check(SCHEMA, None)
    reply, _ = Answering().respond(
        Request(0, (question,)),
        Workspace(rows),
        Memory(),
        lambda n: hashlib.shake_256(b"%d" % recorded).digest(n),
    )
    return reply.answers[0]


def test_noise_is_scaled_by_the_inner_questions_own_sensitivity() -> None:
    """A person changes the law of the answer by no more than epsilon, and so little noise is enough."""
    context, exact = Context(Asked()), np.array(integers(asked_of(DIGITS, parts(1)[0])))
    noisy = AddNoise(DIGITS, epsilon=0.5, rows=3)
    assert noisy.share(context) ** DIGITS.sensitivity(context).l1(3) == pytest.approx(np.exp(-0.5))
    told = np.array([integers(asked_of(noisy, parts(1)[0], recorded)) for recorded in range(400)])
    share = noisy.share(context)
    assert np.abs((told - exact).mean()) < 0.5
    assert (told - exact).std() == pytest.approx(np.sqrt(2 * share) / (1 - share), rel=0.05)


def test_a_secure_sum_is_the_sum_and_its_parts_tell_nothing() -> None:
    tables = parts(4)
    hidden = [asked_of(SecureSum(DIGITS, number, 4, secret=9), rows) for number, rows in enumerate(tables)]
    plain = [asked_of(DIGITS, rows) for rows in tables]
    total = hidden[0].merge(hidden[1]).merge(hidden[2]).merge(hidden[3])
    whole = plain[0].merge(plain[1]).merge(plain[2]).merge(plain[3])
    assert opened(total) == integers(whole)
    assert all(min(opened(part), key=abs) not in range(-(10**6), 10**6) for part in hidden)
    assert opened(hidden[0].merge(hidden[1]).merge(hidden[2])) != integers(whole)
    counts = Counts.of_dense(np.array(opened(total)))  # what holds for one party's answer holds for the sum
    DIGITS.reconcile(counts, Known(PartySizes(10**4, 0)), Context(Asked()))
    with pytest.raises(InvariantBroken):
        DIGITS.reconcile(counts, Known(PartySizes(10, 0)), Context(Asked()))


def test_wrappers_wrap_each_other_and_are_admitted_as_what_they_wrap() -> None:
    tables = parts(3)
    noisy = [AddNoise(DIGITS, epsilon=1.0, rows=3)] * 3
    hidden = [SecureSum(inner, number, 3, secret=4) for number, inner in enumerate(noisy)]
    answers = [asked_of(hidden[n], rows, n) for n, rows in enumerate(tables)]
    expected = [integers(asked_of(noisy[n], rows, n)) for n, rows in enumerate(tables)]
    total = answers[0].merge(answers[1]).merge(answers[2])
    assert opened(total) == [sum(column) for column in zip(*expected, strict=True)]
    once = DIGITS.admit(Asked())
    for question in (noisy[0], hidden[0]):
        with pytest.raises(ProtocolError, match="answered in this study already"):
            question.admit(once)
