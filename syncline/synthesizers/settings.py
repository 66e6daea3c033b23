"""What a study fixes about its fit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from syncline.data.schema import Schema
from syncline.data.section import shown
from syncline.errors import StudyFailed
from syncline.synthesizers.card import Card
from syncline.synthesizers.drawing import Draws
from syncline.synthesizers.hazards.rules import Lacking, Severe
from syncline.synthesizers.registry import DEFAULT, card_of


@dataclass(frozen=True, slots=True)
class FitSettings:
    """The parameters of a fit; see docs/study.md for their meaning to a researcher.

    Attributes
    ----------
    schema : the variables of the table
    method : the technique
    min_cell : persons that a cell must hold to be shown
    given : settings of the technique; others are those of its card
    visit_sequence : columns to draw first, in this order
    target : the declared outcome, drawn early
    absent, sparse : what becomes of a column that a supplier lacks, or nearly lacks
    severe : what becomes of the study where suppliers' codings disagree
    ranges_are_data : whether the schema was inferred from this very table, so that its ranges are the
        extremes of the data, which its owner publishes with it
    draws : whether codes are drawn at equal distances or each row by itself
    holds_out : whether people are held out, of whom there must be enough as well
    """

    schema: Schema
    method: str = DEFAULT
    min_cell: int = 11
    given: Mapping[str, int] = field(default_factory=dict)
    visit_sequence: tuple[str, ...] = ()
    target: str | None = None
    absent: Lacking = Lacking.STOP
    sparse: Lacking = Lacking.MISSING
    severe: Severe = Severe.REPORT
    draws: Draws = Draws.SYSTEMATIC
    ranges_are_data: bool = False
    holds_out: bool = False

    @property
    def card(self) -> Card:
        """The card of the technique."""
        return card_of(self.method)

    def own(self, name: str) -> int:
        """Return a setting of the technique."""
        return self.given.get(name, self.card.defaults[name])

    @property
    def persons(self) -> bool:
        """Whether rows belong to persons, so that counts carry person buckets."""
        return self.schema.person is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The modelled columns, in schema order."""
        return tuple(variable.name for variable in self.schema.modelled)

    def without(self, columns: Collection[str]) -> FitSettings:
        """Return the settings of the same fit without some columns."""
        if not columns:
            return self
        if self.target in columns:
            raise StudyFailed(
                f"column {shown(str(self.target))!r} is to be left out, and it is validation.target: name"
                " another target, or let the column count as missing under 'hazards'"
            )
        left = tuple(name for name in self.names if name not in columns)
        if not left:
            raise StudyFailed(
                "every column is to be left out: suppliers lack them; see 'hazards' in the study"
            )
        visited = tuple(name for name in self.visit_sequence if name not in columns)
        return replace(self, schema=self.schema.without(columns), visit_sequence=visited)
