"""Changes of valid bytes: flipped, cut, doubled, spliced, and numbers that readers find hard."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

MOST_CHANGES = 6
LONGEST = 1 << 16
"""No example grows longer: bombs have tests of their own."""

_HARD = (
    *(
        value.to_bytes(width, "little")
        for width in (1, 2, 4, 8)
        for value in (0, 1, (1 << 8 * width) - 1, 1 << (8 * width - 1))
    ),
    b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    b'"\\ud800"',
    b"[" * 200,
    b'{"":' * 200,
    b"NaN",
    b"1e999",
    b"-0",
    b"null",
    b"9" * 5000,
    "\u0000\u202e\ufeff\U0010ffff".encode(),
)

Change = Callable[[bytes], bytes]


def mutated(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return changed copies of ``seeds``, most of them changed in few places."""
    changes = st.lists(_change(seeds), min_size=1, max_size=MOST_CHANGES)
    return st.builds(_changed, st.sampled_from(seeds), changes)


def _changed(content: bytes, changes: Sequence[Change]) -> bytes:
    for change in changes:
        content = change(content)[:LONGEST]
    return content


def _change(seeds: Sequence[bytes]) -> st.SearchStrategy[Change]:
    place, length = st.integers(0, LONGEST), st.integers(1, 64)
    return st.one_of(
        st.builds(_flip, place, st.integers(0, 7)),
        st.builds(_put, place, st.integers(0, 255)),
        st.builds(_write, place, st.sampled_from(_HARD), st.booleans()),
        st.builds(_cut, place, length),
        st.builds(_end, place),
        st.builds(_repeat, place, length, st.integers(2, 5)),
        st.builds(_splice, place, st.sampled_from(seeds), place, length),
    )


def _flip(place: int, bit: int) -> Change:
    return lambda old: _at(old, place, lambda one: one ^ (1 << bit))


def _put(place: int, value: int) -> Change:
    return lambda old: _at(old, place, lambda _: value)


def _at(old: bytes, place: int, change: Callable[[int], int]) -> bytes:
    if not old:
        return old
    at = place % len(old)
    return old[:at] + bytes([change(old[at])]) + old[at + 1 :]


def _write(place: int, hard: bytes, over: bool) -> Change:
    def change(old: bytes) -> bytes:
        at = place % (len(old) + 1)
        return old[:at] + hard + old[at + (len(hard) if over else 0) :]

    return change


def _cut(place: int, length: int) -> Change:
    return lambda old: old[: place % (len(old) + 1)] + old[place % (len(old) + 1) + length :]


def _end(place: int) -> Change:
    return lambda old: old[: place % (len(old) + 1)]


def _repeat(place: int, length: int, times: int) -> Change:
    def change(old: bytes) -> bytes:
        at = place % (len(old) + 1)
        return old[:at] + old[at : at + length] * times + old[at + length :]

    return change


def _splice(place: int, other: bytes, start: int, length: int) -> Change:
    def change(old: bytes) -> bytes:
        at, begin = place % (len(old) + 1), start % (len(other) + 1)
        return old[:at] + other[begin : begin + length] + old[at:]

    return change
