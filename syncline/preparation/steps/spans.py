"""The step that reads spans of time of two parts, of which only a person knows the units."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Literal

from syncline.data.kinds import Kind
from syncline.data.labels import normal_label
from syncline.data.scalars import read_scalar, write_scalar
from syncline.data.section import word_of
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.steps.reading import bind_reading
from syncline.preparation.steps.step import Bound, NamedColumns, Step, Unlisted, chosen

_TWO_PARTS = re.compile(r"(-?)([0-9]{1,6}):([0-5][0-9])")
_FAULT = "no span of time in this form", "write it as 37:21:00 or PT37H21M, or let unlisted say missing"


class SpanForm(StrEnum):
    """Say what the two parts of a span are."""

    HOURS = "h:mm"
    MINUTES = "m:ss"


class Spans(Step):
    """Read spans of time such as 37:21, and write them in ISO 8601, as whole spans are."""

    step: Literal["spans"]
    columns: NamedColumns
    form: Annotated[SpanForm, word_of(SpanForm)]
    unlisted: Annotated[Unlisted, word_of(Unlisted)] = Unlisted.KEEP

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the names."""
        names = chosen(self.columns, layout, where)
        return bind_reading(layout, names, self.reader(), self.unlisted, where, _FAULT)

    def reader(self) -> Callable[[str], str | None]:
        """Return the function that writes a span in ISO 8601; None where the text is none."""
        is_hours = self.form is SpanForm.HOURS

        def read(text: str) -> str | None:
            label = normal_label(text)
            if match := _TWO_PARTS.fullmatch(label):
                sign, first, second = match.groups()
                label = f"{sign}{first}:{second}:00" if is_hours else f"{sign}PT{first}M{second}S"
            try:
                return write_scalar(read_scalar(label, Kind.DURATION))
            except ValueError:
                return None

        return read


def is_of_two_parts(text: str) -> bool:
    """Tell whether a text is a span of two parts, such as 37:21."""
    return _TWO_PARTS.fullmatch(normal_label(text)) is not None
