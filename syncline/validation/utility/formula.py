"""Formulas of declared models: ``y ~ a + b``, a closed grammar in which nothing is computed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from syncline.data.labels import normal_label
from syncline.data.section import nearest, shown
from syncline.data.variable import Variable
from syncline.errors import UsageError

MOST_TERMS = 20
_TWO = 2

_NAME = r"(?:`[^`]+`|[^\s`~+*:^|/()]+)"
_FORMULA = re.compile(rf"\s*({_NAME})\s*~\s*({_NAME}(?:\s*\+\s*{_NAME})*)\s*")


@dataclass(frozen=True, slots=True)
class ModelFormula:
    """A model: which column is explained, and by which others, each on its own."""

    text: str
    response: str
    terms: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All columns that it names."""
        return (self.response, *self.terms)

    @classmethod
    def of(cls, text: str) -> ModelFormula:
        """Read ``y ~ a + b``; names that hold blanks or signs stand in backquotes.

        Raises
        ------
        UsageError
            Where it is no such formula, names a column twice, or has more than ``MOST_TERMS`` terms.
        """
        match = _FORMULA.fullmatch(text)
        if match is None:
            raise _wrong(
                text, "write y ~ a + b, with names that hold blanks or signs in backquotes and no functions"
            )
        response, *terms = (_plain(name) for name in (match[1], *re.findall(_NAME, match[2])))
        if len(terms) > MOST_TERMS:
            raise _wrong(text, f"it has {len(terms)} terms; keep at most {MOST_TERMS}")
        names = [response, *terms]
        for name in names:
            if names.count(name) > 1:
                raise _wrong(text, f"it names {shown(name)!r} twice; keep one")
        return cls(" ".join(text.split()), response, tuple(terms))

    def require(self, known: tuple[str, ...]) -> None:
        """Raise UsageError where a name is not among the ``known`` columns."""
        for name in self.names:
            if name not in known:
                raise _wrong(self.text, f"there is no column {shown(name)!r}; {nearest(name, list(known))}")

    def faults(self, known: Mapping[str, Variable]) -> Iterator[UsageError]:
        """Yield why columns that the schema describes cannot be modelled so, whatever their rows hold."""
        response = known[self.response]
        if not is_explained(response):
            count = len(response.categories)
            plural = "y" if count == 1 else "ies"
            yield _wrong(
                self.text,
                f"{shown(self.response)!r} has {count} categor{plural}; name a column of numbers or of two"
                " categories",
            )
        elif is_constant(response):
            yield _wrong(self.text, f"{shown(self.response)!r} has one value, which nothing explains")
        for term in self.terms:
            if is_constant(known[term]):
                yield _wrong(
                    self.text, f"{shown(term)!r} has one value, which explains nothing; leave it out"
                )


def is_explained(variable: Variable) -> bool:
    """Tell whether a regression can explain a column: one of numbers, or of two categories."""
    return not variable.is_categorical or len(variable.categories) == _TWO


def is_constant(variable: Variable) -> bool:
    """Tell whether the schema leaves a column one value only."""
    keys = variable.key_range
    return keys is not None and keys[0] >= keys[1]


def _plain(name: str) -> str:
    return normal_label(name.strip("`"))


def _wrong(text: str, words: str) -> UsageError:
    return UsageError(f"validation.models: {shown(text)!r}: {words}")
