"""What a caller in Python may give a synthesizer: the same bounds as in a study's specification."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from syncline.data.labels import normal_label
from syncline.data.schema import Schema
from syncline.data.section import build, nearest, shown
from syncline.errors import UsageError
from syncline.synthesizers.drawing import Draws
from syncline.synthesizers.registry import card_of, cards

MAX_ROWS = 1_000_000_000
"""The most rows that one call draws."""


def whole_number(name: str, value: object, least: int, most: int) -> int:
    """Return a whole number of Python or numpy as an ``int``; a truth value is none."""
    number = int(value) if isinstance(value, int | np.integer) and not isinstance(value, bool) else None
    if number is None or not least <= number <= most:
        raise UsageError(f"{name}: must be a whole number from {least} to {most}")
    return number


def method_named(value: object) -> str:
    """Return the name of a technique."""
    if not isinstance(value, str) or value not in cards():
        raise UsageError(
            f"method: {shown(str(value))!r} is not a technique of this version;"
            f" {nearest(str(value), cards())}"
        )
    return value


def settings_of(method: str, given: Mapping[str, object]) -> dict[str, int]:
    """Return the settings of a technique that are given, each within its bounds."""
    known = {setting.name: setting for setting in card_of(method).settings}
    found = {}
    for name, value in given.items():
        if name not in known:
            raise UsageError(f"{shown(name)}: {method} has no such setting; {_others(name, known)}")
        number = 0 if known[name].by_size and value == "auto" else value
        found[name] = whole_number(name, number, known[name].least, known[name].most)
    return found


def _others(name: str, known: Mapping[str, object]) -> str:
    return nearest(name, known) if known else "it has none"


def draws_named(value: object) -> Draws:
    """Return the way of drawing of this name."""
    words = [word.value for word in Draws]
    if not isinstance(value, str) or value not in words:
        raise UsageError(f"draws: {shown(str(value))!r} is none of them; {nearest(str(value), words)}")
    return Draws(value)


def schema_of(value: object) -> Schema | None:
    """Return the schema that was given: itself, as a mapping, as a document, or as the path of one."""
    if value is None or isinstance(value, Schema):
        return value
    if isinstance(value, Mapping):
        return build(Schema, dict(value), "schema")
    if isinstance(value, str | Path):
        return Schema.from_yaml(value)
    raise UsageError("schema: must be a Schema, a mapping like one, or the path of a schema's file")


def visit_sequence_of(value: object, method: str) -> tuple[str, ...]:
    """Return the columns to draw first; ``auto`` or None is none of them.

    A technique that relates no columns knows no order of them, so that it takes none.
    """
    if value is None or value == "auto":
        return ()
    if isinstance(value, str):
        raise UsageError(f"visit_sequence: must be a list of columns; write [{shown(value)!r}]")
    names = tuple(value) if isinstance(value, Iterable) else (None,)
    if not all(isinstance(name, str) for name in names):
        raise UsageError("visit_sequence: must be a list of the names of columns")
    columns = tuple(normal_label(str(name)) for name in names)
    for place, name in enumerate(columns):
        if name in columns[:place]:
            raise UsageError(f"visit_sequence: {shown(name)!r} is named twice; keep one")
    card = card_of(method)
    if columns and not card.relates:
        raise UsageError(f"visit_sequence: {method} ({card.summary}) knows no order of columns; leave it out")
    return columns


def check_visited(columns: tuple[str, ...], schema: Schema) -> None:
    """Refuse columns of the visit sequence that the schema does not have or that are never modelled."""
    modelled = [variable.name for variable in schema.modelled]
    for name in columns:
        if name not in schema.names:
            raise UsageError(f"visit_sequence: {shown(name)!r} is not a column; {nearest(name, modelled)}")
        if name not in modelled:
            raise UsageError(f"visit_sequence: {shown(name)!r} is never modelled; leave it out")
