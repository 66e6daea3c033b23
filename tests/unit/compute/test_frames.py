from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.compute.frames import Frame, FrameLimits, Header, encode_frame, read_frame
from syncline.errors import WireError

SMALL = FrameLimits(header_bytes=64, blobs=3, payload_bytes=100)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
headers = st.dictionaries(st.text(), values, max_size=5)


def decode(data: bytes, limits: FrameLimits | None = None) -> tuple[Frame, int]:
    """Read one frame; return it and the number of bytes that were taken."""
    reader = read_frame(limits or FrameLimits())
    wanted, place = next(reader), 0
    while True:
        piece = data[place : place + wanted]
        if len(piece) < wanted:
            raise EOFError
        place += wanted
        try:
            wanted = reader.send(piece)
        except StopIteration as end:
            return end.value, place


@given(header=headers, blobs=st.lists(st.binary(max_size=300), max_size=6), rest=st.binary(max_size=9))
def test_a_frame_comes_back_and_takes_no_byte_more(header: Header, blobs: list[bytes], rest: bytes) -> None:
    data = b"".join(encode_frame(header, blobs))
    frame, taken = decode(data + rest)
    assert (frame.header, frame.blobs, taken) == (header, blobs, len(data))


@given(header=headers, blobs=st.lists(st.binary(max_size=30), max_size=3), data=st.data())
def test_a_truncated_frame_asks_for_more(header: Header, blobs: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(encode_frame(header, blobs))
    with pytest.raises(EOFError):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_an_error(data: bytes) -> None:
    try:
        decode(data, SMALL)
    except (WireError, EOFError):
        return


@pytest.mark.parametrize(
    "prefix",
    [
        struct.pack(">II", 65, 0),
        struct.pack(">II", 0, 0),
        struct.pack(">II", 2**32 - 1, 0),
        struct.pack(">II", 2, 4),
        struct.pack(">II", 2, 2**32 - 1),
        struct.pack(">IIQ", 2, 1, 101),
        struct.pack(">IIQQ", 2, 2, 60, 60),
        struct.pack(">IIQ", 2, 1, 2**64 - 1),
    ],
)
def test_oversized_frames_are_refused_before_they_are_read(prefix: bytes) -> None:
    with pytest.raises(WireError, match="expected"):
        decode(prefix, SMALL)


@pytest.mark.parametrize("text", [b"[]", b"1", b"null", b"{", b"\xff\xff", b"[" * 50_000])
def test_a_header_is_a_json_object(text: bytes) -> None:
    with pytest.raises(WireError, match="JSON"):
        decode(struct.pack(">II", len(text), 0) + text)


def test_the_sender_keeps_the_limits_too() -> None:
    with pytest.raises(WireError, match="4 blobs"):
        encode_frame({}, [b""] * 4, SMALL)
    with pytest.raises(WireError, match="101 bytes"):
        encode_frame({}, [b"x" * 101], SMALL)
    with pytest.raises(WireError, match="header"):
        encode_frame({"text": "x" * 64}, [], SMALL)


def test_not_a_number_is_not_sent() -> None:
    with pytest.raises(ValueError, match="JSON"):
        encode_frame({"x": float("nan")})


def test_a_frame_shows_sizes_only() -> None:
    assert "secret" not in repr(Frame({"secret": "secret"}, [b"secret"]))
