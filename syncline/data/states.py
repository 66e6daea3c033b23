"""Named states of a variable beside its values: an income may be a number, *refused*, or *not applicable*.

A state is written in the data as a code: a word (``N``) or a value that no cell holds as a value (``-8``,
``9999-12-31``). Its key lies behind the keys of all values, in the order of the codes' texts. So a state is
counted, coded, drawn and compared like any other value of the line, while whatever computes with numbers
leaves out the keys beyond the last value.

Only the standard library is used, so that daemons can check a schema.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from syncline.data.kinds import Kind
from syncline.data.scalars import KEY_LIMIT, Scalar, read_scalar, scalar_key

MAX_CODES = 32
"""The most named states that one column may have."""


@dataclass(frozen=True, slots=True)
class State:
    """One state: its code as it is written, what it means (which may be empty), and its key.

    ``value`` is the value that the code would be, None where it is a word.
    """

    code: str
    meaning: str
    key: int
    value: Scalar | None

    @property
    def number(self) -> int | float | None:
        """The value in the unit of its kind: a number, whole days or microseconds; None of a word."""
        if self.value is None or isinstance(self.value, float):
            return self.value
        return scalar_key(self.value)


@dataclass(frozen=True, slots=True)
class States:
    """All states of a variable, whose keys follow one another from ``first`` on."""

    first: int
    listed: tuple[State, ...]

    @classmethod
    def of(cls, codes: Mapping[str, str], kind: Kind, zone: str | None, first: int) -> States:
        """Give each code the next key, from ``first`` on."""
        listed = (
            State(code, meaning, first + place, value_of(code, kind, zone))
            for place, (code, meaning) in enumerate(sorted(codes.items()))
        )
        return cls(first, tuple(listed))

    @property
    def last(self) -> int:
        """The greatest key of a state; less than ``first`` where there is none."""
        return self.first + len(self.listed) - 1

    def __iter__(self) -> Iterator[State]:
        return iter(self.listed)

    def __len__(self) -> int:
        return len(self.listed)

    @property
    def are_values(self) -> bool:
        """Whether all codes are values of the kind, so that a typed column holds them beside the values."""
        return all(state.value is not None for state in self.listed)

    def named(self, code: str) -> State | None:
        """Return the state that is written as ``code``."""
        return next((state for state in self.listed if state.code == code), None)


def value_of(code: str, kind: Kind, zone: str | None) -> Scalar | None:
    """Return the value of a kind that a code would be; None where it is a word, or too large."""
    try:
        value = read_scalar(code, kind, zone)
    except ValueError:
        return _whole(code) if kind is Kind.INTEGER else None
    return None if isinstance(value, int) and abs(value) >= KEY_LIMIT else value


def code_words(codes: Mapping[str, str]) -> str:
    """Return codes and what they mean, in one line."""
    return " | ".join(f"{code}: {meaning}" if meaning else code for code, meaning in codes.items())


def _whole(code: str) -> int | None:
    """Return a whole number that is written with a point, as programs write -8 beside missing cells."""
    try:
        number = read_scalar(code, Kind.CONTINUOUS)
    except ValueError:
        return None
    assert not isinstance(number, dt.date | dt.time | dt.timedelta)
    return int(number) if number == int(number) and abs(number) < KEY_LIMIT else None
