"""Packed state: what goes in comes out, equal input gives equal bytes, damage is a WireError and no other."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from syncline.data.blob import pack, unpack
from syncline.errors import WireError

DTYPES = ["|b1", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f8"]
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
heads = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        scalars,
        lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=3), x, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)
packed_arrays = st.dictionaries(
    st.text(max_size=6),
    st.sampled_from(DTYPES).flatmap(
        lambda d: arrays(d, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    ),
    max_size=4,
)


@given(head=heads, held=packed_arrays)
def test_what_is_packed_comes_back(head: dict[str, Any], held: dict[str, Any]) -> None:
    found, got = unpack(pack(head, held))
    assert found == head
    assert sorted(got) == sorted(held)
    for name, array in held.items():
        assert (got[name].dtype, got[name].shape) == (array.dtype, array.shape)
        assert got[name].tobytes() == array.tobytes()


def test_equal_input_gives_equal_bytes() -> None:
    one = pack({"a": 1, "b": 2}, {"x": np.arange(3), "y": np.zeros(2)})
    other = pack({"b": 2, "a": 1}, {"y": np.zeros(2), "x": np.arange(6)[::2] // 2})
    assert one == other


def test_only_plain_types_are_packed() -> None:
    for array in (np.array(["a"]), np.array([object()]), np.array([1j]), np.array(["2020"], "M8[D]")):
        with pytest.raises(ValueError, match="cannot be packed"):
            pack({}, {"x": array})


@given(data=st.binary(max_size=60))
def test_random_bytes_are_refused(data: bytes) -> None:
    for start in (b"", b"SYB1", b"SYB1" + len(data).to_bytes(4, "little")):
        with pytest.raises(WireError):
            unpack(start + data)


EXAMPLE = pack(
    {"n": 3, "deep": {"list": [1, 2.5, None]}}, {"x": np.arange(5), "flag": np.array([True, False])}
)


@settings(max_examples=200)
@given(place=st.integers(0, len(EXAMPLE) - 1), value=st.integers(0, 255))
def test_a_changed_byte_reads_or_is_refused(place: int, value: int) -> None:
    changed = EXAMPLE[:place] + bytes([value]) + EXAMPLE[place + 1 :]
    with suppress(WireError):
        unpack(changed)


@given(end=st.integers(0, len(EXAMPLE) - 1), tail=st.binary(min_size=1, max_size=3))
def test_a_cut_or_a_tail_is_refused(end: int, tail: bytes) -> None:
    with pytest.raises(WireError):
        unpack(EXAMPLE[:end])
    with pytest.raises(WireError):
        unpack(EXAMPLE + tail)


def framed(outer: object, tail: bytes = b"") -> bytes:
    text = outer if isinstance(outer, bytes) else json.dumps(outer).encode()
    return b"SYB1" + len(text).to_bytes(4, "little") + text + tail


def described(*entries: object) -> bytes:
    return framed({"head": {}, "arrays": list(entries)}, bytes(16))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(framed([]), id="no object"),
        pytest.param(framed(None), id="null"),
        pytest.param(framed({}), id="nothing in it"),
        pytest.param(framed({"head": [], "arrays": []}), id="a head that is none"),
        pytest.param(framed({"head": {}, "arrays": {}}), id="arrays that are none"),
        pytest.param(framed({"head": {}, "arrays": [], "more": 1}), id="an unknown field"),
        pytest.param(framed(b"\xff\xfe{}"), id="no UTF-8"),
        pytest.param(framed(b"[" * 100_000), id="deep nesting"),
        pytest.param(framed(b"9" * 10_000), id="a number without an end"),
        pytest.param(described(7), id="an entry that is none"),
        pytest.param(described(["x", "<i8"]), id="an entry too short"),
        pytest.param(described([["x"], "<i8", [2]]), id="a name that is none"),
        pytest.param(described(["x", ["<i8"], [2]]), id="a type that is none"),
        pytest.param(described(["x", "|O", [2]]), id="objects"),
        pytest.param(described(["x", ">i8", [2]]), id="another byte order"),
        pytest.param(described(["x", "<i8", 2]), id="a shape that is none"),
        pytest.param(described(["x", "<i8", [-2]]), id="a negative size"),
        pytest.param(described(["x", "<i8", [2.0]]), id="a size with a point"),
        pytest.param(described(["x", "<i8", [True, 2]]), id="a size that is a truth value"),
        pytest.param(described(["x", "<i8", [2**70]]), id="a size beyond everything"),
        pytest.param(described(["x", "<i8", [0, 2**62, 2**62]]), id="sizes beyond everything around a zero"),
        pytest.param(described(["x", "<i8", [1] * 40 + [2]]), id="too many dimensions"),
        pytest.param(described(["x", "<i8", [3]]), id="an array cut short"),
        pytest.param(described(["x", "<i8", [1]]), id="bytes left over"),
        pytest.param(described(["x", "<i8", [1]], ["x", "<i8", [1]]), id="an array twice"),
        pytest.param(
            framed({"head": {}, "arrays": [["x", "|b1", [1]]]}, b"\x02"), id="neither true nor false"
        ),
        pytest.param(b"SYB1" + b"\xff\xff\xff\xff" + bytes(10), id="a head longer than the bytes"),
        pytest.param(b"SYB2" + EXAMPLE[4:], id="another version"),
    ],
)
def test_what_is_malformed_is_refused(data: bytes) -> None:
    with pytest.raises(WireError, match="packed state"):
        unpack(data)
