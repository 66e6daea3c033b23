"""Rules that change whole columns at once, for columns of so many texts that each cell is one of its own.

A rule reaches *plain* cells alone: ASCII that neither begins nor ends with white space or a control
character, so that trimming and normalizing leave them as they are. What it does not reach it leaves to the
function of a single text, which alone says what a step means.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from syncline.preparation.steps.cells import Mask, Shortcut

_FIRST_PRINTED, _LAST_PRINTED = ord("!"), ord("~")


def leave_plain(column: pa.Array) -> tuple[pa.Array, Mask | None]:
    """Leave plain cells as they are."""
    return column, _Ends(column).not_plain()


def lower_ascii(column: pa.Array) -> tuple[pa.Array, Mask | None]:
    """Write ASCII in small letters."""
    return pc.ascii_lower(column), _beyond_ascii(column)


def upper_ascii(column: pa.Array) -> tuple[pa.Array, Mask | None]:
    """Write ASCII in capital letters."""
    return pc.ascii_upper(column), _beyond_ascii(column)


def leave_ascii(column: pa.Array) -> tuple[pa.Array, Mask | None]:
    """Leave ASCII as it is."""
    return column, _beyond_ascii(column)


def leave_all_but_codes(labels: Sequence[str], numbers: Sequence[Decimal]) -> Shortcut:
    """Leave plain cells that are no code: neither one of ``labels`` nor, however written, one of ``numbers``.

    A number without an exponent begins with its sign, its first digit that counts, 0 or a point, and ends
    with its last digit that counts, 0 or a point. Cells that begin and end so may be a code.
    """
    first, last = _outer_bytes(numbers)
    known = pa.array(labels, pa.string())

    def rule(column: pa.Array) -> tuple[pa.Array, Mask | None]:
        ends = _Ends(column)
        may_be_number = first[ends.first]
        if may_be_number.any() and not ends.hold(b"eE"):
            may_be_number &= last[ends.last]
        left = ends.not_plain() | (ends.filled & may_be_number)
        return column, left | _bools(pc.is_in(column, value_set=known))

    return rule


def point_for_comma(mark: str | None) -> Shortcut:
    """Write a decimal comma as a point, and leave out ``mark`` (a regular expression) between thousands."""
    grouped = "" if mark is None else rf"[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|"
    form = rf"^[+-]?(?:{grouped}[0-9]+)(?:,[0-9]+)?$"

    def rule(column: pa.Array) -> tuple[pa.Array, Mask | None]:
        written = column if mark is None else pc.replace_substring_regex(column, mark, "")
        written = pc.replace_substring(written, ",", ".")
        fits = pc.match_substring_regex(column, form)
        return pc.if_else(fits, written, column), _Ends(column).not_plain()

    return rule


class _Ends:
    """The first and the last byte of each cell of a column of text (n,); 0 where there is none."""

    def __init__(self, column: pa.Array) -> None:
        _, offsets, data = column.buffers()
        bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
        self._content = np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)
        self._content = self._content[: int(bounds[-1])][int(bounds[0]) :]
        bounds = bounds - bounds[0]
        self.filled: Mask = (bounds[1:] > bounds[:-1]) & _bools(column.is_valid())
        content = np.append(self._content, np.uint8(0))
        nowhere = len(content) - 1
        self.first = content[np.where(self.filled, bounds[:-1], nowhere)]
        self.last = content[np.where(self.filled, bounds[1:] - 1, nowhere)]
        self._column = column

    def hold(self, some: bytes) -> bool:
        """Tell whether one of some bytes occurs anywhere."""
        return any(bool((self._content == byte).any()) for byte in some)

    def not_plain(self) -> Mask:
        """Tell for each cell whether it is there and not plain."""
        plain = _is_printed(self.first) & _is_printed(self.last)
        return self.filled & (~plain | _beyond_ascii(self._column))


def _outer_bytes(numbers: Sequence[Decimal]) -> tuple[Mask, Mask]:
    first, last = np.zeros(256, np.bool_), np.zeros(256, np.bool_)
    for number in numbers:
        digits = number.normalize().as_tuple().digits
        signs = b"-" if number < 0 else b"+" if number > 0 else b"+-"
        leading = b"" if number < 0 else b"0." + str(digits[0]).encode()
        first[np.frombuffer(signs + leading, np.uint8)] = True
        last[np.frombuffer(b"0." + str(digits[-1]).encode(), np.uint8)] = True
    return first, last


def _is_printed(content: npt.NDArray[np.uint8]) -> Mask:
    return (content >= _FIRST_PRINTED) & (content <= _LAST_PRINTED)


def _beyond_ascii(column: pa.Array) -> Mask:
    return ~_bools(pc.string_is_ascii(column).fill_null(True))


def _bools(column: pa.Array) -> Mask:
    return np.asarray(column.fill_null(False).to_numpy(zero_copy_only=False), np.bool_)
