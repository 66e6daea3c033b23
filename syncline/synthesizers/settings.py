"""What a study fixes about its fit."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.data.schema import Schema


@dataclass(frozen=True, slots=True)
class FitSettings:
    """The parameters of a fit; see docs/study.md for their meaning to a researcher.

    Attributes
    ----------
    schema : the variables of the table
    method : ``cart`` or ``marginals``
    min_cell : persons that a cell must hold to be shown
    min_leaf, max_depth, min_gain : when a node of a tree is split
    visit_sequence : columns to draw first, in this order
    target : the declared outcome, drawn early
    compare : whether the suppliers count the marginals that the result is compared with
    holdout : whether rows are held out, which these marginals are then counted on as well
    """

    schema: Schema
    method: str = "cart"
    min_cell: int = 11
    min_leaf: int = 50
    max_depth: int = 12
    min_gain: float = 1e-5
    visit_sequence: tuple[str, ...] = ()
    target: str | None = None
    compare: bool = True
    holdout: bool = True

    @property
    def persons(self) -> bool:
        """Whether rows belong to persons, so that counts carry person buckets."""
        return self.schema.person is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The modelled columns, in schema order."""
        return tuple(variable.name for variable in self.schema.modelled)
