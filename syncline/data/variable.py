"""One variable of a schema: its kind, what values it may take, and the part that it plays."""

from __future__ import annotations

import math
import zoneinfo
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, NoReturn

from pydantic import AfterValidator, Field, ValidationInfo, field_serializer, field_validator, model_validator

from syncline.data.faults import together
from syncline.data.kept_grids import grid_of, places_of
from syncline.data.kinds import CATEGORICAL_KINDS, FREE_KINDS, NUMERIC_KINDS, PERSON_KINDS, Kind, Role
from syncline.data.labels import is_printable_line, normal_label
from syncline.data.parents import Parents, fault_of_parents
from syncline.data.scalars import KEY_LIMIT, Scalar, read_scalar, scalar_key, write_scalar
from syncline.data.section import Integer, Section, WholeSentence, shown, word_of
from syncline.data.states import MAX_CODES, States
from syncline.data.step import (
    STEPPED_KINDS,
    canonical_origin,
    canonical_step,
    decimals_of,
    exact_key,
    rounded_key,
    width_of,
)

if TYPE_CHECKING:
    from syncline.data.batch import Keys, Mask
    from syncline.data.grid import Grid

MAX_NAME = 128
"""The longest name of a column, in characters."""

MAX_LABEL = 1000
"""The longest category, missing code or unit, in characters."""

MAX_CATEGORIES = 65_000
"""The most categories that one column may have."""

MAX_DIGITS = 9
"""The most significant digits of a column: of more, floats are too few to tell which number is nearest."""

MAX_DECIMALS = 15
"""The most decimals at which dividing a key by a power of ten is correctly rounded."""

_MOST_SEARCHED_BITS = 60
"""Up to so many binary places of its range, the named states of a variable follow the range closely."""

_BEYOND_KEYS = 1 << 63

BOOLEAN_CATEGORIES = ("false", "true")


@lru_cache(maxsize=8192)
def _normal_name(text: str) -> str:
    name = normal_label(text)
    if not 1 <= len(name) <= MAX_NAME:
        raise ValueError(f"must have 1 to {MAX_NAME} characters")
    if not is_printable_line(text.strip()):
        raise ValueError("must not hold control or format characters")
    return name


def _normal_labels(labels: tuple[str, ...]) -> tuple[str, ...]:
    if len(labels) > MAX_CATEGORIES:
        raise ValueError(f"must have at most {MAX_CATEGORIES} entries")
    normal = tuple(normal_label(label) for label in labels)
    seen: set[str] = set()
    for text, label in zip(labels, normal, strict=True):
        if label in seen:
            raise ValueError(f"names {shown(label)!r} twice; keep one")
        if len(label) > MAX_LABEL or not is_printable_line(text.strip()):
            raise ValueError(
                f"must hold text of at most {MAX_LABEL} characters without control or format characters"
            )
        seen.add(label)
    return normal


def _normal_codes(codes: Mapping[str, str]) -> Mapping[str, str]:
    if len(codes) > MAX_CODES:
        raise ValueError(f"must have at most {MAX_CODES} entries")
    normal = _normal_labels(tuple(codes))
    if "" in normal:
        raise ValueError("names an empty cell, which always means missing; leave it out")
    for meaning in codes.values():
        if len(meaning) > MAX_LABEL or not is_printable_line(meaning):
            raise ValueError(f"must say what a code means in one line of at most {MAX_LABEL} characters")
    return dict(sorted(zip(normal, (meaning.strip() for meaning in codes.values()), strict=True)))


ColumnName = Annotated[str, AfterValidator(_normal_name)]
"""The name of a column, in NFC without white space around it, as sources name their columns."""

Labels = Annotated[tuple[str, ...], AfterValidator(_normal_labels)]
"""Distinct texts in NFC without white space around them, as cells are compared with them."""

StateCodes = Annotated[Mapping[str, str], AfterValidator(_normal_codes)]
"""The code of each named state and what it means, in the order of the codes."""


class Variable(Section):
    """Describe one column: what it holds, on which grid, within which bounds, and for what use."""

    name: ColumnName
    kind: Annotated[Kind, word_of(Kind)]
    categories: Labels = ()
    parents: Parents = Field(default={})
    decimals: Integer | None = None
    digits: Integer | None = None
    step: str | None = None
    origin: str | None = None
    zone: str | None = None
    range: tuple[Scalar, Scalar] | None = None
    unit: str | None = None
    missing: Labels = ()
    codes: StateCodes = Field(default={})
    role: Annotated[Role, word_of(Role)] | None = None

    @property
    def is_categorical(self) -> bool:
        """Whether values are named categories, with their positions as keys."""
        return self.kind in CATEGORICAL_KINDS

    @property
    def is_modelled(self) -> bool:
        """Whether the column enters batches; persons, identifiers and free text never do."""
        return self.role is not Role.PERSON and self.kind not in FREE_KINDS

    @property
    def grid(self) -> Grid | None:
        """The grid of an ordered kind; None for categories, text and identifiers."""
        return grid_of(self.kind, self.decimals, self.digits, self.zone, self.step, self.origin)

    @property
    def places(self) -> int | None:
        """The decimals of the grid: those declared, or those of the step and its origin."""
        return places_of(self.kind, self.decimals, self.step, self.origin)

    @property
    def width(self) -> int | None:
        """The step in units of the kind's own grid (10**-places, microseconds, months); None without one."""
        return None if self.step is None else width_of(self.step, self.kind, self.places or 0)

    @property
    def past(self) -> int:
        """The origin of the steps in units of the kind's own grid; 0 without one."""
        return 0 if self.origin is None else width_of(self.origin, self.kind, self.places or 0)

    def key_of(self, value: Scalar) -> int:
        """Return the key of the value of the grid that is nearest to ``value``."""
        if self.digits is None:
            return rounded_key(value, self.places, self.width, self.past)
        return round(self.place_of(value))

    def place_of(self, value: Scalar) -> Fraction:
        """Return the place of a value among the keys; a whole number where it lies on the grid."""
        if self.digits is not None:
            from syncline.data.digits import place_of_number

            return place_of_number(value, self.digits)
        return exact_key(value, self.places, self.width, self.past)

    @property
    def key_range(self) -> tuple[int, int] | None:
        """The least and greatest key: of the declared range, or of the categories."""
        if self.is_categorical:
            return 0, len(self.categories) - 1
        if self.range is None:
            return None
        low, high = (self.place_of(bound) for bound in self.range)
        return math.ceil(low), math.floor(high)

    @property
    def value_extent(self) -> tuple[int, int]:
        """The least and greatest key of a value: of the declared range, else of all that the kind holds."""
        bounds = self.key_range
        if bounds is not None:
            return bounds
        return (0, -1) if self.grid is None else self.grid.extent

    @property
    def states(self) -> States:
        """The named states beside the values, with their keys."""
        return States.of(self.codes, self.kind, self.zone, self._first_state)

    @property
    def searched_keys(self) -> tuple[int, int] | None:
        """Between which keys a search for cells lies; None where it is over all keys."""
        bounds = self.key_range
        if bounds is None or not self.codes:
            return bounds
        return (bounds[0], self.states.last) if self._states_follow_range else None

    @property
    def grid_words(self) -> str:
        """The steps in words: ``multiple of step 30min``, or ``step of 30min from 15min``."""
        return (
            f"multiple of step {self.step}"
            if self.origin is None
            else f"step of {self.step} from {self.origin}"
        )

    @property
    def _states_follow_range(self) -> bool:
        bounds, grid = self.key_range, self.grid
        return (
            grid is not None
            and grid.is_even
            and bounds is not None
            and (bounds[1] - bounds[0]).bit_length() <= _MOST_SEARCHED_BITS
        )

    @property
    def _first_state(self) -> int:
        """The key of the first state: behind all values, where a search that halves keys never mixes them."""
        grid = self.grid
        if grid is None:
            return 0
        if self.key_range is None or not self._states_follow_range:
            return KEY_LIMIT if grid.is_even else grid.extent[1] + 1
        low, high = self.key_range
        bits = max((high - low).bit_length(), (len(self.codes) - 1).bit_length() if self.codes else 0)
        return low + (1 << bits)

    def are_values(self, keys: Keys) -> Mask:
        """Tell which keys (n,) of cells are those of values, and not of named states."""
        return keys < (self._first_state if self.codes else _BEYOND_KEYS)

    def may_hold(self, keys: Keys) -> Mask:
        """Tell which keys (n,) a cell may have."""
        low, high = self.value_extent
        values = (keys >= low) & (keys <= high)
        if not self.codes:
            return values
        states = self.states
        return values | ((keys >= states.first) & (keys <= states.last))

    @field_validator("zone", mode="before")
    @classmethod
    def _known_zone(cls, zone: object) -> object:
        if zone is None or zone == "none":
            return None
        try:
            zoneinfo.ZoneInfo(str(zone))
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("must be none or the name of a time zone such as Europe/Berlin") from None
        return zone

    @field_validator("step", mode="before")
    @classmethod
    def _canonical_step(cls, step: object, info: ValidationInfo) -> str | None:
        kind = info.data.get("kind")
        if step is None or kind is None:
            return None
        if kind not in STEPPED_KINDS:
            raise ValueError(f"does not apply to kind {kind}")
        canonical = canonical_step(str(step), kind)
        return None if kind is Kind.INTEGER and canonical == "1" else canonical

    @field_validator("origin", mode="before")
    @classmethod
    def _canonical_origin(cls, origin: object, info: ValidationInfo) -> str | None:
        kind, step = info.data.get("kind"), info.data.get("step")
        if origin is None or kind is None or "step" not in info.data:
            return None
        if step is None:
            raise ValueError("is where steps begin; give the step, too")
        return canonical_origin(str(origin), kind, step)

    @field_validator("range", mode="plain")
    @classmethod
    def _typed_range(cls, bounds: object, info: ValidationInfo) -> tuple[Scalar, Scalar] | None:
        kind = info.data.get("kind")
        if bounds is None or kind is None:
            return None
        if kind in CATEGORICAL_KINDS | FREE_KINDS:
            raise ValueError(f"does not apply to kind {kind}")
        if not isinstance(bounds, (list, tuple)) or len(bounds) != 2:
            raise ValueError("must be two bounds, as in [0, 120]")
        low, high = (_typed_bound(bound, kind, info.data.get("zone")) for bound in bounds)
        return low, high

    @field_serializer("range")
    def _range_as_text(self, bounds: tuple[Scalar, Scalar] | None) -> list[str] | None:
        return None if bounds is None else [write_scalar(bound) for bound in bounds]

    @model_validator(mode="after")
    def _check(self) -> Variable:
        together(
            self._check_labels, self._check_codes, self._check_grid, self._check_bounds, self._check_person
        )
        if self.kind is Kind.BOOLEAN:
            object.__setattr__(self, "categories", BOOLEAN_CATEGORIES)
        return self

    def _check_labels(self) -> None:
        if self.kind is Kind.BOOLEAN and self.categories not in ((), BOOLEAN_CATEGORIES):
            self._fail("a boolean is false or true; use kind categorical for other labels")
        if self.categories and not self.is_categorical:
            self._fail(f"categories do not apply to kind {self.kind}")
        if not self.categories and self.kind in {Kind.CATEGORICAL, Kind.ORDINAL}:
            self._fail(f"a column of kind {self.kind} needs its categories")
        if "" in self.categories:
            self._fail("a category is empty; list an empty cell under missing")
        if both := set(self.categories).intersection(self.missing):
            self._fail(f"{shown(min(both))!r} is both a category and a missing code; keep one")
        if self.parents and self.kind not in {Kind.CATEGORICAL, Kind.ORDINAL}:
            self._fail(f"parents do not apply to kind {self.kind}")
        if fault := fault_of_parents(self.parents, self.categories):
            self._fail(fault)

    def _check_codes(self) -> None:
        if not self.codes:
            return
        if self.kind in CATEGORICAL_KINDS:
            self._fail(f"codes do not apply to kind {self.kind}; list them among its categories")
        if self.kind in FREE_KINDS or self.role is Role.PERSON:
            self._fail("codes apply to columns of numbers, dates and times only; leave them out")
        numbers: dict[object, str] = {}
        for label in (*self.missing, *self.codes):
            number = States.of({label: ""}, self.kind, self.zone, 0).listed[0].number if label else None
            other = numbers.setdefault(label if number is None else number, label)
            if label in self.codes and (other != label or label in self.missing):
                self._fail(f"{shown(label)!r} and {shown(other)!r} are one value; keep one code for it")

    def _check_grid(self) -> None:
        if self.decimals is not None and self.kind is not Kind.CONTINUOUS:
            self._fail(f"decimals do not apply to kind {self.kind}")
        if not 0 <= (self.decimals or 0) <= MAX_DECIMALS:
            self._fail(f"decimals must be from 0 to {MAX_DECIMALS}")
        if self.kind is Kind.CONTINUOUS and self.step and decimals_of(self.step) > (self.places or 0):
            self._fail(f"step {self.step} is finer than {self.decimals} decimals; give it more, or none")
        if self.kind is Kind.CONTINUOUS and decimals_of(self.origin or "") > (self.places or 0):
            self._fail(f"origin {self.origin} is finer than {self.decimals} decimals; give it more, or none")
        if self.digits is not None:
            self._check_digits(self.digits)
        if self.zone is not None and self.kind is not Kind.DATETIME:
            self._fail(f"zone does not apply to kind {self.kind}")
        if self.unit is not None and self.kind not in NUMERIC_KINDS:
            self._fail(f"unit does not apply to kind {self.kind}")
        if self.unit is not None and not (0 < len(self.unit) <= MAX_LABEL and is_printable_line(self.unit)):
            self._fail(f"unit must be one line of at most {MAX_LABEL} characters")

    def _check_digits(self, digits: int) -> None:
        if self.kind is not Kind.CONTINUOUS:
            self._fail(f"digits do not apply to kind {self.kind}")
        if not 1 <= digits <= MAX_DIGITS or self.decimals is not None or self.step is not None:
            self._fail(f"digits must be from 1 to {MAX_DIGITS}, with no decimals or step beside them")

    def _check_bounds(self) -> None:
        if self.range is None:
            return
        for bound in self.range:
            self._check_bound(bound)
        low, high = (scalar_key(bound, self.places) for bound in self.range)
        if low > high:
            texts = [write_scalar(bound) for bound in self.range]
            self._fail(f"lower bound {texts[0]} exceeds upper {texts[1]}")
        if self.step is not None and self.value_extent[0] > self.value_extent[1]:
            self._fail(f"no {self.grid_words} lies in its range; widen the range")

    def _check_bound(self, bound: Scalar) -> None:
        if self.kind is Kind.CONTINUOUS and self.places is None:
            return
        try:
            key = scalar_key(bound, self.places)
        except OverflowError:
            key = KEY_LIMIT
        if abs(key) >= KEY_LIMIT:
            self._fail(f"bound {shown(write_scalar(bound))} is too large to be counted exactly")
        if self.places is not None and key / 10**self.places != bound:
            self._fail(f"bound {write_scalar(bound)} has more than {self.places} decimals")

    def _check_person(self) -> None:
        if self.role is not Role.PERSON:
            return
        if self.kind not in PERSON_KINDS:
            self._fail(f"role person needs kind identifier, integer or text, not {self.kind}")
        if self.range is not None:
            self._fail("a column with role person is never modelled; leave out its range")

    def _fail(self, problem: str) -> NoReturn:
        raise WholeSentence(f"column {shown(self.name)!r}: {problem}")


def _typed_bound(bound: object, kind: Kind, zone: str | None) -> Scalar:
    text = write_scalar(bound) if isinstance(bound, Scalar) else str(bound)
    try:
        return read_scalar(text, kind, zone)
    except ValueError as error:
        raise ValueError(f"has a bound that is wrong: {error}") from None
