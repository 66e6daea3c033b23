"""Requests, replies and memories as bytes: round trips, golden files, and strictness towards everything else.

``*_1.bin`` under tests/golden are of algorithm version 1 and stay readable; ``*_bad_*.bin`` stay unreadable.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.data.codebook import Codebook, Coding, ColumnCodes
from syncline.data.constraint import Constraint, Formula
from syncline.errors import WireError
from syncline.protocols.asking import Memory, Reply, Request, admit
from syncline.questions.counts import Counts
from syncline.questions.formula_check import FormulaCheck
from syncline.questions.marginals import Axis, Marginals
from syncline.questions.moments import Moments
from syncline.questions.pair_counts import PairCounts
from syncline.questions.profile import Profile
from syncline.questions.rank_counts import RankColumn, RankCounts
from syncline.questions.row_count import RowCount
from syncline.questions.sums import Sums
from syncline.questions.tree_level import TreeLevel, TreeStep
from syncline.wire.exchange import MemoryCodec, ReplyCodec, RequestCodec
from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb
from syncline.wire.varint import decode_varints, encode_varints
from tests.unit.questions.small_tables import codebook

GOLDEN = Path(__file__).parents[2] / "golden"

# --- varints ---

naturals = st.integers(0, 2**63 - 1) | st.integers(0, 300) | st.integers(0, 62).map(lambda n: 1 << n)


def leb128(value: int) -> bytes:
    """Write one integer as the reference does, a byte at a time."""
    out = bytearray()
    while True:
        value, low = value >> 7, value & 127
        out.append(low | (128 if value else 0))
        if not value:
            return bytes(out)


@given(values=st.lists(naturals, max_size=20))
def test_varints_are_leb128_and_come_back(values: list[int]) -> None:
    data = encode_varints(np.array(values, np.int64))
    assert data == b"".join(map(leb128, values))
    assert decode_varints("x", data, len(values)).tolist() == values


@given(data=st.binary(max_size=40), most=st.integers(0, 40))
def test_any_bytes_are_varints_in_shortest_form_or_refused(data: bytes, most: int) -> None:
    try:
        values = decode_varints("x", data, most)
    except WireError:
        return
    assert len(values) <= most
    assert encode_varints(values) == data


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\x80", "cut short"),
        (b"\x01\xff", "cut short"),
        (b"\x80\x00", "shortest form"),
        (b"\xff" * 9 + b"\x01", "63 bits"),
        (b"\x01" * 9, "more than the 8"),
    ],
)
def test_bad_varints_name_their_field(data: bytes, sentence: str) -> None:
    with pytest.raises(WireError, match=f"counts.gaps: .*{sentence}"):
        decode_varints("counts.gaps", data, 8)


# --- round trips ---

names = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs"]), min_size=1, max_size=6)
columns = st.lists(names, max_size=4, unique=True).map(tuple)
u64 = st.integers(0, 2**64 - 1)


@st.composite
def rank_columns(draw: st.DrawFn) -> RankColumn:
    shift = draw(st.integers(0, 60))
    bits = draw(st.integers(0, min(12, 64 - shift)))
    prefixes = sorted(draw(st.sets(st.integers(0, 2 ** (64 - shift - bits) - 1), min_size=1, max_size=5)))
    return RankColumn(draw(names), draw(st.integers(-(2**63), 2**63 - 1)), shift, bits, tuple(prefixes))


@st.composite
def tree_levels(draw: st.DrawFn) -> TreeLevel:
    order = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    steps = []
    for target in draw(st.lists(st.integers(0, len(order) - 1), max_size=3)):
        nodes = sorted(draw(st.sets(st.integers(0, 2**20), max_size=4 if target else 0)))
        counted = sorted(draw(st.sets(st.integers(0, 2**20), max_size=4)))
        some = sorted(draw(st.sets(st.integers(0, target - 1), min_size=1))) if target else []
        chosen = np.array(some, np.int64) if some and draw(st.booleans()) else None
        wide = target if chosen is None else len(chosen)
        alive = draw(st.lists(st.booleans(), min_size=len(counted) * wide, max_size=len(counted) * wide))
        steps.append(
            TreeStep(
                target,
                np.array(nodes, np.int64),
                np.array([draw(st.sampled_from(some)) for _ in nodes], np.int64),
                np.array([draw(u64) for _ in nodes], np.uint64),
                np.array(counted, np.int64),
                np.array(alive, np.bool_).reshape(len(counted), wide),
                chosen,
            )
        )
    return TreeLevel(
        draw(st.integers(0, 64)), tuple(order), tuple(steps), draw(st.booleans()), draw(st.booleans())
    )


axes = st.lists(st.builds(Axis, names, st.sampled_from(list(Coding))), min_size=1, max_size=3).map(tuple)
read = st.lists(names, min_size=1, max_size=3, unique=True)
numbers = st.floats(allow_nan=False, allow_infinity=False)
formulas = st.one_of(
    st.builds(
        Constraint.between, st.sampled_from([f for f in Formula if f is not Formula.LINEAR]), names, read
    ),
    st.builds(Constraint.between, st.just(Formula.LINEAR), names, read, numbers.filter(bool), numbers),
)
groups = st.lists(st.integers(0, 2), min_size=1, max_size=6).map(lambda own: np.array(own, np.uint8))
questions = st.one_of(
    columns.flatmap(lambda named: st.builds(PairCounts, st.just(named), st.tuples(*(groups for _ in named)))),
    st.just(RowCount()),
    st.builds(Profile, columns),
    st.builds(RankCounts, st.lists(rank_columns(), max_size=3).map(tuple)),
    st.builds(Marginals, st.lists(axes, max_size=3).map(tuple), st.booleans(), st.booleans()),
    st.builds(Moments, st.lists(st.tuples(names, st.integers(-1100, 1100)), max_size=3).map(tuple)),
    st.builds(FormulaCheck, st.lists(formulas, max_size=3).map(tuple)),
    tree_levels(),
)


@st.composite
def column_codes(draw: st.DrawFn, name: str) -> ColumnCodes:
    k = draw(st.integers(1, 6))
    numeric, keeps = draw(st.booleans()), draw(st.booleans())
    low = sorted(draw(st.sets(st.integers(-(2**63), 2**63 - 1), max_size=4)))
    code = draw(st.lists(st.integers(0, k - 1), min_size=len(low), max_size=len(low)))
    lookups = [
        np.array(draw(st.lists(st.integers(0, 5), min_size=k, max_size=k)), np.uint16) for _ in range(3)
    ]
    missing = k - 1 if keeps else draw(st.integers(0, k - 1))
    own = np.array(low if numeric else [], np.int64)
    return ColumnCodes(name, numeric, own, np.array(code, np.uint16), k, missing, keeps, *lookups)


@st.composite
def codebooks(draw: st.DrawFn) -> Codebook:
    return Codebook(tuple(draw(column_codes(name)) for name in draw(columns)))


requests = st.builds(
    Request, st.integers(0, 10_000), st.lists(questions, max_size=4).map(tuple), st.none() | codebooks()
)


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    size = draw(st.integers(0, 2**40))
    index = sorted(draw(st.sets(st.integers(0, size - 1), max_size=8))) if size else []
    value = [draw(st.integers(1, 2**48)) for _ in index]
    persons = draw(st.booleans())
    masked = draw(st.integers(0, size)) if persons else 0
    masks = np.array([draw(u64) for cell in index if cell < masked], np.uint64) if persons else None
    return Counts(size, np.array(index, np.int64), np.array(value, np.int64), masks, masked)


sums = st.builds(Sums, st.lists(st.integers(-(2**255), 2**255 - 1), max_size=4).map(tuple))
replies = st.builds(Reply, st.integers(0, 10_000), st.lists(counts() | sums, max_size=4).map(tuple))


@settings(max_examples=40)
@given(request_=requests)
def test_a_request_comes_back(request_: Request) -> None:
    data = RequestCodec().encode(request_)
    assert RequestCodec().decode(data) == request_
    assert RequestCodec().encode(RequestCodec().decode(data)) == data


@settings(max_examples=30)
@given(reply=replies)
def test_a_reply_comes_back(reply: Reply) -> None:
    data = ReplyCodec().encode(reply)
    assert ReplyCodec().decode(data) == reply
    assert ReplyCodec().encode(ReplyCodec().decode(data)) == data


@settings(max_examples=20)
@given(book=st.none() | codebooks(), sets=st.sets(names), closed=st.booleans(), number=st.integers(-1, 9000))
def test_a_memory_comes_back(book: Codebook | None, sets: set[str], closed: bool, number: int) -> None:
    grown = grown_memory()
    asked = replace(grown.asked, codebook=book, counted=frozenset(sets), closed=closed)
    memory = replace(grown, round=number, asked=asked)
    data = MemoryCodec().encode(memory)
    assert MemoryCodec().decode(data) == memory
    assert MemoryCodec().encode(MemoryCodec().decode(data)) == data


def test_no_bytes_are_the_memory_before_the_first_round() -> None:
    assert MemoryCodec().decode(b"") == Memory()
    assert MemoryCodec().decode(MemoryCodec().encode(Memory())) == Memory()


# --- golden files ---


def step(target: int, splits: list[tuple[int, int, int]], counted: list[int]) -> TreeStep:
    node, predictor, left = (np.array([s[i] for s in splits], np.uint64) for i in range(3))
    alive = np.arange(len(counted) * target).reshape(len(counted), target) % 3 != 1
    return TreeStep(
        target, node.astype(np.int64), predictor.astype(np.int64), left, np.array(counted, np.int64), alive
    )


ORDER = ("sex", "age", "dose", "ill")
ROOTS = TreeLevel(0, ORDER, (step(1, [], [0]), step(2, [], [0])), leaves=False)
GROWN = TreeLevel(
    1, ORDER, (step(1, [(0, 0, 1)], [2]), step(2, [(0, 1, 2**63 + 5)], [1])), leaves=False, persons=True
)


def every_question() -> Request:
    """Return one request that asks each question of the vocabulary."""
    return Request(
        3,
        (
            RowCount(),
            Profile(("age", "größe")),
            RankCounts((RankColumn("age", -(2**63), 48, 16, (0,)), RankColumn("dose", 5, 3, 2, (1, 7)))),
            Marginals(
                ((Axis("age", Coding.FINE), Axis("sex", Coding.BINS)), (Axis("ill", Coding.CELLS),)),
                True,
                True,
            ),
            Moments((("age", 7), ("dose", -3))),
            FormulaCheck(
                (
                    Constraint.between(Formula.SUM, "a", ["b", "c"]),
                    Constraint.between(Formula.LOG_FLOOR, "a", ["b"]),
                )
            ),
            GROWN,
        ),
        codebook(),
    )


def some_reply() -> Reply:
    index, value = np.array([0, 1, 300, 2**33], np.int64), np.array([1, 128, 7, 2**40], np.int64)
    masks = np.array([1, 2**63], np.uint64)
    return Reply(3, (Counts(2**34, index, value, masks, 2), Counts.empty(5), Sums((0, -1, 2**200))))


def grown_memory() -> Memory:
    memory = admit(Request(0, (ROOTS,), codebook()), Memory())
    return admit(Request(1, (GROWN, Marginals(((Axis("ill", Coding.CELLS),),), True))), memory)


CODECS: dict[str, Any] = {"request": RequestCodec(), "reply": ReplyCodec(), "memory": MemoryCodec()}
EXAMPLES: dict[str, Callable[[], object]] = {
    "request": every_question,
    "reply": some_reply,
    "memory": grown_memory,
}


@pytest.mark.parametrize("kind", list(CODECS))
def test_golden_bytes_are_read_and_written(kind: str) -> None:
    data = (GOLDEN / f"{kind}_1.bin").read_bytes()
    assert CODECS[kind].decode(data) == EXAMPLES[kind]()
    assert CODECS[kind].encode(EXAMPLES[kind]()) == data


BAD = sorted(GOLDEN.glob("*_bad_*.bin"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_vectors_are_refused(path: Path) -> None:
    with pytest.raises(WireError):
        CODECS[path.stem.split("_")[0]].decode(path.read_bytes())


def test_there_are_bad_vectors_of_each_kind() -> None:
    assert {path.stem.split("_")[0] for path in BAD} == set(CODECS)


# --- strictness ---


@pytest.mark.parametrize("kind", list(CODECS))
@settings(max_examples=80)
@given(data=st.data())
def test_no_bytes_do_more_than_raise_a_wire_error(kind: str, data: st.DataObject) -> None:
    """Random bytes, and true bytes that were changed, cut and doubled, read or are refused in a sentence."""
    true = CODECS[kind].encode(EXAMPLES[kind]())
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(true))] * 2)))
    patch = data.draw(st.binary(max_size=6))
    for changed in (
        patch * 4,
        true[:start] + patch + true[start + len(patch) :],
        true[:end],
        true[:end] + true[start:],
    ):
        with suppress(WireError):
            CODECS[kind].decode(changed)


def counts_message(**fields: Any) -> bytes:
    own = {"size": 100, "gaps": b"\x03", "values": b"\x00", **fields}
    return pb.Reply(answers=[pb.Answer(counts=pb.Counts(**own))]).SerializeToString()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"size": 2**41}, "counts.size"),
        ({"masked": 101}, "counts.masked"),
        ({"gaps": b"\x64"}, "counts.gaps"),
        ({"gaps": b"\x32\x32", "values": b"\x00\x00"}, "counts.gaps"),
        ({"gaps": b"\x83"}, "counts.gaps.*cut short"),
        ({"gaps": b"\x83\x00"}, "counts.gaps.*shortest"),
        ({"values": b""}, "counts.values"),
        ({"values": b"\x00\x00"}, "counts.values"),
        ({"values": leb128(2**48)}, "counts.values"),
        ({"size": 1, "gaps": b"\x00\x00", "values": b"\x00\x00"}, "counts.gaps: 2 integers"),
        ({"masks": bytes(8)}, "counts.masks"),
        ({"masked": 5}, "counts.masks"),
        ({"masked": 5, "persons": True, "masks": bytes(7)}, "counts.masks"),
        ({"masked": 2, "persons": True, "masks": bytes(8)}, "counts.masks"),
    ],
)
def test_counts_that_do_not_add_up_are_refused_by_field(fields: dict[str, Any], sentence: str) -> None:
    ReplyCodec().decode(counts_message())
    with pytest.raises(WireError, match=sentence):
        ReplyCodec().decode(counts_message(**fields))


def question_message(**kind: Any) -> bytes:
    return pb.Request(questions=[pb.Question(**kind)]).SerializeToString()


def tree_message(order: int = 3, **fields: Any) -> dict[str, Any]:
    own = {"target": 1, "counted": [0], "alive": b"\x01", **fields}
    names_ = [f"v{i}" for i in range(order)]
    return {"tree_level": pb.TreeLevel(visit_order=names_, steps=[pb.TreeStep(**own)])}


def rank_message(**fields: Any) -> dict[str, Any]:
    own = {"name": "a", "shift": 0, "bits": 1, "prefixes": [0], **fields}
    return {"rank_counts": pb.RankCounts(columns=[pb.RankColumn(**own)])}


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ({}, "question.kind"),
        ({"profile": pb.Profile(columns=["a", "a"])}, "profile.columns"),
        ({"profile": pb.Profile(columns=["a\n"])}, "profile.columns"),
        ({"profile": pb.Profile(columns=["a" * 129])}, "profile.columns"),
        (rank_message(shift=64), "rank counts"),
        (rank_message(bits=18), "rank counts"),
        (rank_message(shift=60, bits=5), "rank counts"),
        (rank_message(prefixes=[]), "rank counts"),
        (rank_message(prefixes=[2, 1]), "rank counts"),
        (rank_message(shift=60, bits=2, prefixes=[4]), "rank counts"),
        (rank_message(bits=17, prefixes=[0, 1]), "rank counts"),
        ({"marginals": pb.Marginals(sets=[pb.MarginalSet()])}, "marginals"),
        ({"marginals": pb.Marginals(sets=[pb.MarginalSet(axes=[pb.Axis(column="a")])])}, "marginals.coding"),
        (
            {"marginals": pb.Marginals(sets=[pb.MarginalSet(axes=[pb.Axis(column="a", coding=1)] * 7)])},
            "marginals.axes",
        ),
        ({"moments": pb.Moments(columns=[pb.ScaledColumn(name="a", exponent=1101)])}, "moments.exponent"),
        ({"formula_check": pb.FormulaCheck(formulas=[pb.Formula(of="a")])}, "formula_check.kind"),
        ({"formula_check": pb.FormulaCheck(formulas=[pb.Formula(kind=2, of="", inputs=["b"])])}, "formula"),
        (
            {"formula_check": pb.FormulaCheck(formulas=[pb.Formula(kind=2, of="a", inputs=["b", "b"])])},
            "formula",
        ),
        (tree_message(target=3), "tree_level.target"),
        (tree_message(order=0, target=0, alive=b""), "tree level"),
        (tree_message(alive=b""), "tree_level.alive"),
        (tree_message(alive=b"\x01\x01"), "tree_level.alive"),
        (tree_message(split_node=[0]), "tree level"),
        (tree_message(split_node=[0], split_predictor=[1], split_left=[1]), "tree level"),
        (tree_message(counted=[1, 0], alive=b"\x03"), "tree level"),
        ({"pair_counts": pb.PairCounts(columns=[pb.PairColumn(name="a", groups=b"\3")])}, "pair_counts: "),
        ({"pair_counts": pb.PairCounts(columns=[pb.PairColumn(name="a")])}, "pair_counts: "),
        ({"tree_level": pb.TreeLevel(level=65, visit_order=["a"])}, "tree level"),
        ({"tree_level": pb.TreeLevel(visit_order=["a", "a"])}, "tree_level.visit_order"),
    ],
)
def test_questions_that_do_not_read_are_refused_by_field(kind: dict[str, Any], sentence: str) -> None:
    with pytest.raises(WireError, match=sentence):
        RequestCodec().decode(question_message(**kind))


def column_message(**fields: Any) -> bytes:
    own = {"name": "a", "numeric": True, "n_codes": 1, "segment_low": [0], "segment_code": [0]}
    lookups = {"bins": [0], "classes": [0], "cells": [0]}
    column = pb.ColumnCodes(**{**own, **lookups, **fields})
    return pb.Request(codebook=pb.Codebook(columns=[column])).SerializeToString()


@pytest.mark.parametrize(
    "fields",
    [
        {"n_codes": 0},
        {"n_codes": 70_000},
        {"missing": 1},
        {"segment_code": [1]},
        {"segment_code": [70_000]},
        {"segment_low": [0, 0], "segment_code": [0, 0]},
        {"segment_low": []},
        {"bins": []},
        {"bins": [64]},
        {"classes": [64]},
        {"cells": [65_535]},
        {"name": "\x07"},
    ],
)
def test_codebooks_that_do_not_read_are_refused(fields: dict[str, Any]) -> None:
    RequestCodec().decode(column_message())
    with pytest.raises(WireError, match="codebook"):
        RequestCodec().decode(column_message(**fields))


def memory_message(**fields: Any) -> bytes:
    splits = pb.LevelSplits(node=[0], predictor=[0], left=[1], first_child=1)
    tree = {"target": 1, "n_nodes": 3, "levels": [splits], "opened": [1, 2], **fields}
    order = fields.pop("order", ["a", "b"])
    tree.pop("order", None)
    return pb.Memory(
        paths=pb.TreePaths(visit_order=order, levels=2, trees=[pb.TreePath(**tree)])
    ).SerializeToString()


def splits(**fields: Any) -> list[pb.LevelSplits]:
    return [pb.LevelSplits(**{"node": [0], "predictor": [0], "left": [1], "first_child": 1, **fields})]


@pytest.mark.parametrize(
    "fields",
    [
        {"target": 2},
        {"n_nodes": 4},
        {"n_nodes": 2**32 - 1},
        {"opened": [2, 1]},
        {"opened": [3]},
        {"levels": splits(first_child=2**32 - 1)},
        {"levels": splits(node=[1])},
        {"levels": splits(node=[0, 0], predictor=[0, 0], left=[1, 1]), "n_nodes": 5},
        {"levels": splits(predictor=[1])},
        {"levels": splits(left=[])},
        {"levels": splits() * 66},
    ],
)
def test_memories_that_contradict_themselves_are_refused(fields: dict[str, Any]) -> None:
    MemoryCodec().decode(memory_message())
    with pytest.raises(WireError, match="memory"):
        MemoryCodec().decode(memory_message(**fields))


def test_too_many_questions_and_rounds_are_refused() -> None:
    many = pb.Request(questions=[pb.Question(row_count=pb.RowCount())] * 17).SerializeToString()
    for data in (many, pb.Request(round=10_001).SerializeToString()):
        with pytest.raises(WireError, match="request"):
            RequestCodec().decode(data)
    for reply in (
        pb.Reply(answers=[pb.Answer()]),
        pb.Reply(answers=[pb.Answer(sums=pb.Sums(values=b"\x00"))]),
    ):
        with pytest.raises(WireError, match=r"answer|sums"):
            ReplyCodec().decode(reply.SerializeToString())


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        pytest.param("reply", counts_message(size=2**40), id="a cell space without an end"),
        pytest.param("memory", memory_message(n_nodes=2**32 - 1), id="a tree without an end"),
        pytest.param("request", question_message(**rank_message(bits=17)), id="as many parts as may be"),
        pytest.param("request", column_message(n_codes=2**32 - 1), id="codes without an end"),
    ],
)
def test_a_short_message_takes_little_memory(kind: str, data: bytes) -> None:
    tracemalloc.start()
    with suppress(WireError):
        CODECS[kind].decode(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20
