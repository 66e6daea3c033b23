"""The step that maps codes onto other codes, and what it says of a list that makes two codes one."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Literal

from pydantic import AfterValidator, field_validator

from syncline.data.labels import normal_label
from syncline.data.section import shown, word_of
from syncline.preparation.steps.codes import CodeList
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.steps.reading import bind_reading
from syncline.preparation.steps.step import Bound, NamedColumns, Step, Unlisted, chosen

_FAULT = "a code that is not listed", "list it, or let unlisted say keep"


def _distinct(codes: dict[str, str]) -> dict[str, str]:
    if not codes:
        raise ValueError("must map at least one code")
    CodeList(codes)
    return {code: normal_label(target) for code, target in codes.items()}


class Recode(Step):
    """Map codes onto others; an empty code stands for a missing cell on either side."""

    step: Literal["recode"]
    columns: NamedColumns
    codes: Annotated[dict[str, str], AfterValidator(_distinct)]
    unlisted: Annotated[Unlisted, word_of(Unlisted)] = Unlisted.KEEP

    @field_validator("codes", mode="before")
    @classmethod
    def _plain(cls, codes: object) -> object:
        if isinstance(codes, dict) and not all(isinstance(target, str) for target in codes.values()):
            raise ValueError("must map each code onto one text")
        return codes

    @property
    def merged(self) -> dict[str, tuple[str, ...]]:
        """The codes of each target that several codes are mapped onto."""
        sources: dict[str, list[str]] = defaultdict(list)
        for code, target in self.codes.items():
            if target:
                sources[target].append(code)
        return {target: tuple(codes) for target, codes in sources.items() if len(codes) > 1}

    def warnings(self) -> tuple[str, ...]:
        """Say which codes become one, for a person who may not have meant it."""
        return tuple(
            f"codes {', '.join(repr(shown(code)) for code in codes)} all become {shown(target)!r}"
            for target, codes in self.merged.items()
        )

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the names."""
        names, codes = chosen(self.columns, layout, where), CodeList(self.codes)
        filling = codes.find("") or None
        return bind_reading(layout, names, codes.find, self.unlisted, where, _FAULT, filling)
