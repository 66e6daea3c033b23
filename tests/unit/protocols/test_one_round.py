"""One round over any split gives the answers of the pooled table."""

from __future__ import annotations

import numpy as np
import pytest

from syncline.data.batch import Batch, MemoryTable
from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.protocols.asking import Answering, Memory, Reply
from syncline.protocols.one_round import OneRound
from syncline.protocols.transition import Finish, PartyId
from syncline.questions.moments import Moments
from syncline.questions.row_count import RowCount
from syncline.questions.sums import Sums
from syncline.questions.workspace import Workspace

SCHEMA = Schema.model_validate({"variables": ({"name": "x", "kind": "integer"},)})
ASK = OneRound((RowCount(), Moments((("x", 4),))))


def workspace(values):
    keys = np.array(values, np.int64)
    none = np.zeros(len(keys), np.uint8)
    return Workspace(MemoryTable(SCHEMA, [Batch((keys,), (none,), np.zeros(len(keys), bool))]))


def ask(parts):
    parties = {PartyId(f"p{i}"): workspace(part) for i, part in enumerate(parts)}
    asked = ASK.start(tuple(parties))
    replies = {p: Answering().respond(asked.request, table, Memory())[0] for p, table in parties.items()}
    finished = ASK.step(None, replies, frozenset())
    assert isinstance(finished, Finish)
    return finished.result


def test_a_split_answers_as_the_whole_does():
    values = list(range(-7, 12))
    whole, split = ask([values]), ask([values[:3], [], values[3:4], values[4:]])
    assert whole[0].dense().tolist() == split[0].dense().tolist() == [19, 0]
    assert whole[1] == split[1]
    assert whole[1].values[0] == 19
    assert whole[1].values[1] == sum(values) << 16


def test_nobody_cannot_be_asked():
    with pytest.raises(ProtocolError, match="at least one supplier"):
        ASK.start(())


def test_answers_of_unlike_kinds_do_not_merge():
    counts = ask([[1]])[0]
    replies = {PartyId("a"): Reply(0, (counts, counts)), PartyId("b"): Reply(0, (Sums((1,)), counts))}
    with pytest.raises(ProtocolError, match="unlike kinds"):
        ASK.step(None, replies, frozenset())


def test_a_missing_answer_is_named():
    with pytest.raises(ProtocolError, match="'a' answered another number"):
        ASK.step(None, {PartyId("a"): Reply(0, ())}, frozenset())
