"""Parts are counted on the bytes, as the parser would find them."""

from __future__ import annotations

import pytest

from syncline.errors import WireError
from syncline.wire import message_layout
from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb
from syncline.wire.message_layout import require_few_parts

MESSAGE = pb.Request(
    round=300,
    questions=[
        pb.Question(
            marginals=pb.Marginals(sets=[pb.MarginalSet(axes=[pb.Axis(column="age", coding=1)] * 2)] * 3)
        ),
        pb.Question(rank_counts=pb.RankCounts(columns=[pb.RankColumn(name="x", prefixes=[1, 2, 300])])),
    ],
)
PARTS = 1 + 2 + 2 + 3 + 6 * 3 + 1 + 2
"""The round, questions and their kinds, sets, axes of two fields, and a column with a name and a list."""


def counted(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_layout, "MAX_PARTS", most)
    require_few_parts(pb.Request, "request", MESSAGE.SerializeToString())


def test_parts_of_all_depths_count(monkeypatch: pytest.MonkeyPatch) -> None:
    counted(PARTS, monkeypatch)
    with pytest.raises(WireError, match="request: it has more parts"):
        counted(PARTS - 1, monkeypatch)


def test_packed_numbers_count_by_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_layout, "MAX_PACKED_BYTES", 4)
    require_few_parts(pb.Request, "request", MESSAGE.SerializeToString())
    monkeypatch.setattr(message_layout, "MAX_PACKED_BYTES", 3)
    with pytest.raises(WireError, match="more parts"):
        require_few_parts(pb.Request, "request", MESSAGE.SerializeToString())


@pytest.mark.parametrize("content", [b"\x12", b"\x12\x05a", b"\x13", b"\xff" * 12, b"\x09\x01"])
def test_bytes_that_are_no_message_are_refused(content: bytes) -> None:
    with pytest.raises(WireError, match="not a message of this kind"):
        require_few_parts(pb.Request, "request", content)
