"""Records: what goes in comes out in one form of bytes; all else is a WireError, and costs what it weighs."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from enum import Enum, StrEnum
from typing import Any, ClassVar, NewType, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from syncline.data.record_codec import RecordCodec, RecordLimits, StandIn
from syncline.errors import WireError

Party = NewType("Party", str)
Ints: TypeAlias = npt.NDArray[np.int64]
Codes: TypeAlias = npt.NDArray[np.uint16]
NONE = b"\x01\x03\x00"
"""The start of an array of three dimensions, the first of which is 0."""


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Rank(Enum):
    LOW = 1
    HIGH = 2


@dataclass(frozen=True, slots=True)
class Leaf:
    rows: int


@dataclass(frozen=True, slots=True)
class Fork:
    left: Leaf | Fork
    right: Leaf | Fork


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


class Stage(Protocol):
    name: ClassVar[str]


@dataclass(frozen=True, slots=True)
class First:
    name: ClassVar[str] = "first"


@dataclass(frozen=True, slots=True)
class Second:
    at: float
    name: ClassVar[str] = "second"


@dataclass(frozen=True, slots=True)
class Even:
    number: int
    half: int = field(init=False)

    def __post_init__(self) -> None:
        if self.number % 2:
            raise ValueError(f"{self.number} is odd")
        object.__setattr__(self, "half", self.number // 2)


@dataclass(frozen=True, slots=True, eq=False)
class Everything:
    kind: ClassVar[str] = "everything"
    number: int
    share: float
    switch: bool
    text: str
    content: bytes
    colour: Colour
    rank: Rank
    maybe: int | None
    party: Party
    many: tuple[int, ...]
    pair: tuple[str, float | None]
    empty: tuple[Nothing, ...]
    names: frozenset[str]
    by_name: Mapping[tuple[str, Colour], Ints]
    tree: Leaf | Fork
    stage: Stage
    even: Even | None
    ints: Ints
    bits: npt.NDArray[np.uint64]
    mask: npt.NDArray[np.bool_]
    codes: npt.NDArray[np.uint16]
    reals: npt.NDArray[np.float64]


STAGES = {Stage: {"first": First, "second": Second}}
CODEC: RecordCodec[Everything] = RecordCodec(Everything, "everything", 3, unions=STAGES)

floats = st.floats(allow_nan=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
leaves = st.builds(Leaf, st.integers(0, 9))
trees = st.recursive(leaves, lambda inner: st.builds(Fork, inner, inner), max_leaves=5)


def cells(dtype: str) -> st.SearchStrategy[Any]:
    return arrays(dtype, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))


everything = st.builds(
    Everything,
    number=st.integers(-(2**511) + 1, 2**511 - 1),
    share=floats,
    switch=st.booleans(),
    text=texts,
    content=st.binary(max_size=4),
    colour=st.sampled_from(Colour),
    rank=st.sampled_from(Rank),
    maybe=st.none() | st.integers(),
    party=texts.map(Party),
    many=st.lists(st.integers(), max_size=4).map(tuple),
    pair=st.tuples(texts, st.none() | floats),
    empty=st.lists(st.just(Nothing()), max_size=3).map(tuple),
    names=st.frozensets(texts, max_size=4),
    by_name=st.dictionaries(st.tuples(texts, st.sampled_from(Colour)), cells("<i8"), max_size=3),
    tree=trees,
    stage=st.just(First()) | st.builds(Second, floats),
    even=st.none() | st.integers().map(lambda n: Even(2 * n)),
    ints=cells("<i8"),
    bits=cells("<u8"),
    mask=cells("|b1"),
    codes=cells("<u2"),
    reals=cells("<f8"),
)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal throughout, arrays with dtype and shape, floats with their sign."""
    if isinstance(one, np.ndarray):
        return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return (one, math.copysign(1, one)) == (other, math.copysign(1, other))
    if hasattr(one, "__dataclass_fields__"):
        return type(one) is type(other) and all(
            same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one)
        )
    return bool(type(one) is type(other) and one == other)


@given(everything)
def test_what_is_encoded_comes_back_and_encodes_to_the_same_bytes(value: Everything) -> None:
    content = CODEC.encode(value)
    found = CODEC.decode(content)
    assert same(found, value)
    assert CODEC.encode(found) == content


@given(everything, st.data())
def test_changed_bytes_are_refused_or_are_the_one_form_of_another_value(
    value: Everything, data: st.DataObject
) -> None:
    content = bytearray(CODEC.encode(value))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(WireError):
        assert CODEC.encode(CODEC.decode(bytes(content))) == content


@given(everything, st.data())
def test_bytes_that_are_cut_or_go_on_are_refused(value: Everything, data: st.DataObject) -> None:
    content = CODEC.encode(value)
    for wrong in (content[: data.draw(st.integers(0, len(content) - 1))], content + b"\x00"):
        with pytest.raises(WireError):
            CODEC.decode(wrong)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_record_are_refused(content: bytes) -> None:
    front = CODEC.encode(SAMPLE)[: len("SYR1") + 1 + len("everything") + 1 + 8]
    for wrong in (content, front + content):
        with suppress(WireError):
            CODEC.decode(wrong)


def test_equal_mappings_and_sets_have_equal_bytes() -> None:
    one = RecordCodec(dict[str, int], "m", 1)
    assert one.encode({"a": 1, "bb": 2, "": 3}) == one.encode({"": 3, "bb": 2, "a": 1})
    other = RecordCodec(frozenset[int], "s", 1)
    assert other.encode(frozenset({1, 1000, -5})) == other.encode(frozenset({-5, 1000, 1}))


SAMPLE = Everything(
    7, 0.5, True, "a", b"b", Colour.BLUE, Rank.LOW, None, Party("north"), (1, 2), ("x", None), (Nothing(),),
    frozenset({"n"}), {("age", Colour.RED): np.arange(3)}, Fork(Leaf(1), Leaf(2)), Second(1.5), Even(4),
    np.arange(4).reshape(2, 2), np.zeros(1, np.uint64), np.ones(2, np.bool_), np.zeros(2, np.uint16),
    np.ones(1),
)  # fmt: skip


@dataclass(frozen=True)
class OnePlace:
    a: int
    b: str = ""


@dataclass(frozen=True)
class Renamed:
    a: int
    c: str = ""


@dataclass(frozen=True)
class Retyped:
    a: int
    b: bytes = b""


@dataclass(frozen=True)
class Fewer:
    a: int


@dataclass(frozen=True)
class More:
    a: int
    b: str = ""
    c: int = 0


@pytest.mark.parametrize("other", [Renamed, Retyped, Fewer, More])
def test_a_record_of_other_fields_is_refused_though_its_version_is_the_same(other: type) -> None:
    content = RecordCodec(OnePlace, "place", 1).encode(OnePlace(1, "b"))
    with pytest.raises(WireError, match="place: its fields are not those"):
        RecordCodec(other, "place", 1).decode(content)


def test_another_version_and_another_kind_are_named() -> None:
    content = RecordCodec(OnePlace, "place", 1).encode(OnePlace(1))
    with pytest.raises(WireError, match="place: this is version 1, where this version of Syncline reads 2"):
        RecordCodec(OnePlace, "place", 2).decode(content)
    with pytest.raises(WireError, match="spot: these bytes are something else"):
        RecordCodec(OnePlace, "spot", 1).decode(content)


NUMBER = RecordCodec(int, "n", 1)
FRONT = NUMBER.encode(0)[:-1]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"\x80\x00", "longer than it need be"),
        (b"\x80" * 80 + b"\x01", "too long"),
        (b"\xff" * 73 + b"\x7f", "too large"),
        (b"\x80", "end too early"),
        (b"\x00\x00", "bytes after its end"),
    ],
)
def test_a_number_has_one_form(body: bytes, words: str) -> None:
    with pytest.raises(WireError, match=words):
        NUMBER.decode(FRONT + body)


def _front(kind: Any, value: Any, body: bytes) -> tuple[RecordCodec[Any], bytes]:
    codec: RecordCodec[Any] = RecordCodec(kind, "x", 1)
    content = codec.encode(value)
    assert content.endswith(body)
    return codec, content[: len(content) - len(body)]


@pytest.mark.parametrize(
    ("kind", "value", "body", "wrong", "words"),
    [
        (bool, True, b"\x01", b"\x02", "too large"),
        (int | None, None, b"\x00", b"\x02\x00", "too large"),
        (str, "a", b"\x01a", b"\x01\xff", "not UTF-8"),
        (str, "a", b"\x01a", b"\xff\xff\xff\xff\x7fa", "end too early"),
        (Colour, Colour.RED, b"\x00", b"\x02", "too large"),
        (tuple[int, ...], (1,), b"\x01\x02", b"\x05\x02", "end too early"),
        (tuple[int, int], (1, 1), b"\x02\x02\x02", b"\x01\x02", "expected 2 values"),
        (frozenset[int], frozenset({1, 2}), b"\x02\x02\x04", b"\x02\x04\x02", "out of order"),
        (frozenset[int], frozenset({1, 2}), b"\x02\x02\x04", b"\x02\x02\x02", "twice"),
        (dict[int, int], {1: 1}, b"\x01\x02\x02", b"\x02\x02\x02\x02\x02", "twice"),
        (Even, Even(2), b"\x01\x04", b"\x01\x02", "do not go together"),
        (Even, Even(2), b"\x01\x04", b"\x02\x04\x04", "expected 1 fields"),
        (Even, Even(2), b"\x01\x04", b"\x00", "expected 1 fields"),
        (Leaf | Fork, Leaf(1), b"\x04Leaf\x01\x02", b"\x04Loaf\x01\x02", "expected one of Fork, Leaf"),
        (Ints, np.zeros(1, np.int64), b"\x01\x01\x01\x00", b"\x02\x01\x01\x00", "of int64"),
        (Ints, np.zeros(1, np.int64), b"\x01\x01\x01\x00", b"\x07\x01\x01" + bytes(8), "more bytes"),
        (Ints, np.full(1, 200), b"\x03\x01\x01\xc8\x00", b"\x03\x01\x01\x7f\x00", "more bytes"),
        (Ints, np.zeros(0, np.int64), b"\x01\x01\x00", b"\x07\x01\x00", "more bytes"),
        (Ints, np.zeros(0, np.int64), b"\x01\x01\x00", b"\x01\x01\x7f", "end too early"),
        (Ints, np.zeros(0, np.int64), b"\x01\x01\x00", b"\x01\x05\x00\x00\x00\x00\x00", "too large"),
        (Ints, np.zeros(0, np.int64), b"\x01\x01\x00", b"\x01\x02\x00" + b"\x80" * 6 + b"\x01", "too large"),
        (
            Ints,
            np.zeros(0, np.int64),
            b"\x01\x01\x00",
            b"\x01\x03\x00" + b"\xff\xff\xff\x7f" * 2,
            "many cells",
        ),
        (
            npt.NDArray[np.uint16],
            np.zeros(1, np.uint16),
            b"\x02\x01\x01\x00",
            b"\x07\x01\x01\x00",
            "of uint16",
        ),
        (npt.NDArray[np.bool_], np.ones(1, np.bool_), b"\x00\x01\x01\x01", b"\x00\x01\x01\x02", "0 nor 1"),
    ],
)
def test_bytes_that_are_no_value_of_the_annotation_are_refused(
    kind: Any, value: Any, body: bytes, wrong: bytes, words: str
) -> None:
    codec, front = _front(kind, value, body)
    codec.decode(front + body)
    with pytest.raises(WireError, match=words):
        codec.decode(front + wrong)


def test_a_refusal_names_the_field_and_never_a_value() -> None:
    codec = RecordCodec(Outer, "outer", 1)
    content = codec.encode(Outer((Even(2), Even(0))))
    with pytest.raises(WireError) as refused:
        codec.decode(content[:-1] + b"\x56")  # 43, which is odd
    assert str(refused.value) == "outer: evens: the values of its fields do not go together"
    assert "43" in str(refused.value.__cause__)


@dataclass(frozen=True)
class Outer:
    evens: tuple[Even, ...]


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (int, True, "whole number"),
        (int, 1.0, "whole number"),
        (int, 1 << 511, "512 bits"),
        (float, "1", "a number"),
        (float, (1 << 53) + 1, "holds exactly"),
        (bool, 1, "truth value"),
        (str, b"", "text"),
        (str, "\ud800", "half a character"),
        (bytes, "", "bytes"),
        (Colour, "red", "Colour"),
        (tuple[int, ...], [1], "tuple"),
        (tuple[int, int], (1,), "2 values"),
        (frozenset[int], {1}, "frozenset"),
        (dict[str, int], (), "Mapping"),
        (Leaf, Fork(Leaf(1), Leaf(2)), "Leaf"),
        (Leaf | Fork, Even(2), "Fork, Leaf"),
        (Ints, np.zeros(1, np.int32), "int64"),
        (Ints, [1], "int64"),
        (Ints, np.zeros((1,) * 5, np.int64), "dimensions"),
        (Outer, Outer((Leaf(1),)), "evens: expected a Even"),  # type: ignore[arg-type]
    ],
)
def test_a_value_that_is_not_as_annotated_is_not_encoded(kind: Any, value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RecordCodec(kind, "x", 1).encode(value)


@pytest.mark.parametrize("kind", [Any, object, list[int], int | str, npt.NDArray[np.str_], Stage])
def test_a_type_that_has_no_layout_is_refused_at_once(kind: Any) -> None:
    with pytest.raises(TypeError):
        RecordCodec(kind, "x", 1).encode(0)


def test_whole_floats_may_be_given_as_integers_and_numbers_as_those_of_numpy() -> None:
    assert RecordCodec(float, "x", 1).decode(RecordCodec(float, "x", 1).encode(2)) == 2.0
    assert NUMBER.decode(NUMBER.encode(np.int64(-3))) == -3  # type: ignore[arg-type]


def test_arrays_that_were_read_cannot_be_written() -> None:
    codec: RecordCodec[Any] = RecordCodec(Ints, "x", 1)
    with pytest.raises(ValueError, match="read-only"):
        codec.decode(codec.encode(np.zeros(2, np.int64)))[0] = 1


def test_limits_hold_for_writers_and_readers() -> None:
    deep: Any = Leaf(1)
    for _ in range(40):
        deep = Fork(deep, Leaf(1))
    wide: Any = (1,) * 100
    for kind, value, words in (
        (Leaf | Fork, deep, "24 values inside"),
        (tuple[int, ...], wide, "80 members"),
    ):
        narrow: RecordCodec[Any] = RecordCodec(kind, "x", 1, limits=RecordLimits(items=80))
        content = RecordCodec(kind, "x", 1, limits=RecordLimits(depth=99)).encode(value)
        with pytest.raises(ValueError, match=words):
            narrow.encode(value)
        with pytest.raises(WireError, match=words):
            narrow.decode(content)
    short = RecordCodec(bytes, "x", 1, limits=RecordLimits(size=64))
    with pytest.raises(ValueError, match="64 bytes"):
        short.encode(bytes(64))
    with pytest.raises(WireError, match="64 bytes"):
        short.decode(RecordCodec(bytes, "x", 1).encode(bytes(64)))


@pytest.mark.parametrize(
    "kind", [tuple[Nothing, ...], dict[int, Nothing], frozenset[int], tuple[Ints, ...], str, Ints, bytes]
)
def test_no_more_memory_is_taken_than_the_bytes_justify(kind: Any) -> None:
    empty = {str: "", bytes: b"", Ints: np.zeros(0, np.int64)}
    codec: RecordCodec[Any] = RecordCodec(kind, "x", 1)
    origin = getattr(kind, "__origin__", kind)
    value = empty[kind] if kind in empty else origin()
    content = codec.encode(value)
    front = content[:-3] if kind is Ints else content[:-1]
    promises = b"\x07\x01" if kind is Ints else b""
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            codec.decode(front + promises + b"\xff\xff\xff\xff\xff\x0f" + bytes(1000))
        assert tracemalloc.get_traced_memory()[1] < 1 << 18
    finally:
        tracemalloc.stop()


class Celsius:
    """A type that is no dataclass."""

    def __init__(self, degrees: int) -> None:
        if degrees < -273:
            raise ValueError("colder than cold")
        self.degrees = degrees


def test_a_record_may_stand_in_for_a_type_and_has_its_one_form_too() -> None:
    stands = StandIn(Celsius, Leaf, lambda c: Leaf(abs(c.degrees)), lambda leaf: Celsius(abs(leaf.rows)))
    codec: RecordCodec[Celsius] = RecordCodec(Celsius, "c", 1, stand_ins=(stands,))
    content = codec.encode(Celsius(20))
    assert codec.decode(content).degrees == 20
    with pytest.raises(WireError, match="not those that this version of Syncline writes"):
        codec.decode(content[:-1] + b"\x27")  # -20, which would be written as 20
    cold = StandIn(Celsius, Leaf, lambda c: Leaf(c.degrees), lambda leaf: Celsius(leaf.rows - 1000))
    with pytest.raises(WireError, match="do not go together"):
        RecordCodec(Celsius, "c", 1, stand_ins=(cold,)).decode(content)


@dataclass(frozen=True)
class Rounded:
    at: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", float(round(self.at)))


def test_a_constructor_that_changes_a_field_has_one_form_too() -> None:
    codec, other = RecordCodec(Rounded, "r", 1), RecordCodec(Second, "r", 1)
    content = codec.encode(Rounded(2.0))
    assert codec.decode(content) == Rounded(2.0)
    with pytest.raises(WireError, match="not those that this version of Syncline writes"):
        codec.decode(content[:-8] + other.encode(Second(2.25))[-8:])
