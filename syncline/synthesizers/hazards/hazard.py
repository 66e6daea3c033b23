"""One hazard: what it is, where it was found, and the sentence that names it with its remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from syncline.data.section import shown
from syncline.protocols.transition import PartyId

if TYPE_CHECKING:  # numpy, which the hub's daemon does not load, comes with it
    from syncline.data.blob import Json


class HazardKind(StrEnum):
    """Name what was found."""

    FEW_ROWS = "few_rows"
    SPARSE = "sparse"
    EXCLUDED = "excluded"
    UNITS = "units"
    POLARITY = "polarity"
    CONSTANT = "constant"
    DISJOINT = "disjoint"


_MOST_NAMED = 12

SEVERE = frozenset({HazardKind.UNITS, HazardKind.POLARITY})
"""Kinds under which a table of all suppliers together would be wrong."""


@dataclass(frozen=True, slots=True)
class Hazard:
    """A hazard of some suppliers' tables; ``column`` is empty where it is about whole tables.

    ``is_severe`` tells whether the study's rule for severe hazards applies: always to some kinds.
    """

    kind: HazardKind
    suppliers: tuple[PartyId, ...]
    column: str
    words: str
    is_severe: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_severe", self.is_severe or self.kind in SEVERE)

    def told_to(self, supplier: PartyId) -> Hazard:
        """Return the hazard as one of its suppliers is told of it: of no other supplier."""
        words = self.words.replace(of_suppliers(self.suppliers), of_suppliers((supplier,)))
        return replace(self, suppliers=(supplier,), words=words)

    def to_json(self) -> dict[str, Json]:
        """Return the hazard as the report and the hub's state hold it."""
        return {
            "kind": str(self.kind),
            "suppliers": list(self.suppliers),
            "column": self.column,
            "severe": self.is_severe,
            "words": self.words,
        }

    @classmethod
    def from_json(cls, value: object) -> Hazard:
        """Return the hazard of :meth:`to_json`; raise KeyError or ValueError where it is none."""
        entry = cast("dict[str, Json]", value)
        suppliers = tuple(PartyId(str(name)) for name in cast("list[Json]", entry["suppliers"]))
        kind, severe = HazardKind(str(entry["kind"])), entry.get("severe") is True
        return cls(kind, suppliers, str(entry["column"]), str(entry["words"]), severe)


def hazards_to_json(hazards: Iterable[Hazard]) -> list[Json]:
    """Return hazards in their order."""
    return [hazard.to_json() for hazard in hazards]


def hazards_from_json(value: object) -> tuple[Hazard, ...]:
    """Return the hazards of :func:`hazards_to_json`."""
    return tuple(Hazard.from_json(entry) for entry in cast("list[Json]", value))


def severe_words(hazards: Iterable[Hazard]) -> list[str]:
    """Return the sentences of the severe hazards."""
    return [hazard.words for hazard in hazards if hazard.is_severe]


def of_suppliers(suppliers: Sequence[PartyId]) -> str:
    """Return how a sentence names suppliers, the first ones where there are many."""
    names = ", ".join(repr(shown(name)) for name in suppliers[:_MOST_NAMED])
    more = len(suppliers) - _MOST_NAMED
    return f"supplier{'s' if len(suppliers) > 1 else ''} {names}{f' and {more} more' if more > 0 else ''}"


def in_column(column: str) -> str:
    """Return how a sentence names a column."""
    return f"column {shown(column)!r}"


def but_few(min_cell: int) -> str:
    """Return what a sentence adds that is as true of few people as of nobody: it must not tell which."""
    return f", or in all but those of fewer than {min_cell} people" if min_cell > 1 else ""
