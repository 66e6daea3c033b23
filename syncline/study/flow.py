"""A data flow is a table of where each step of a study runs, and of what leaves the supplier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from syncline.protocols.transition import PartyId


class DataFlow(StrEnum):
    """Name how one supplier takes part in a study."""

    SYNTHESIZED = "synthesized"
    SUMMARIES = "summaries"
    PREPARED = "prepared"
    RAW = "raw"


class Side(StrEnum):
    """Name where a step runs."""

    SUPPLIER = "supplier"
    HUB = "hub"


@dataclass(frozen=True, slots=True)
class Steps:
    """Where each step of a study runs under one flow, and what leaves the supplier."""

    prepare: Side
    answer: Side
    merge: Side
    sample: Side
    leaves: str

    @property
    def sends_rows(self) -> bool:
        """Whether rows leave the supplier, real or synthetic, and not answers to the hub's questions."""
        return (self.answer, self.merge) != (Side.SUPPLIER, Side.HUB)

    @property
    def compares_at_home(self) -> bool:
        """Whether the supplier compares the study's table itself, because the hub has no real row of it."""
        return self.answer is Side.SUPPLIER

    @property
    def compares_what_it_fits(self) -> bool:
        """Whether the rows that a fit counts are the compared ones; else it counts synthetic ones."""
        return self.merge is Side.HUB


STEPS: Mapping[DataFlow, Steps] = MappingProxyType(
    {
        DataFlow.SYNTHESIZED: Steps(
            Side.SUPPLIER, Side.SUPPLIER, Side.SUPPLIER, Side.SUPPLIER, "synthetic rows"
        ),
        DataFlow.SUMMARIES: Steps(
            Side.SUPPLIER, Side.SUPPLIER, Side.HUB, Side.HUB, "additive summaries, never a row"
        ),
        DataFlow.PREPARED: Steps(Side.SUPPLIER, Side.HUB, Side.HUB, Side.HUB, "prepared rows"),
        DataFlow.RAW: Steps(Side.HUB, Side.HUB, Side.HUB, Side.HUB, "rows as they are"),
    }
)
"""The one table of flows: every flow shares the same code, only the side that calls it differs."""

NARROWER: Mapping[DataFlow, tuple[DataFlow, ...]] = MappingProxyType(
    {
        DataFlow.RAW: (DataFlow.PREPARED, DataFlow.SUMMARIES),
        DataFlow.PREPARED: (DataFlow.SUMMARIES,),
        DataFlow.SUMMARIES: (),
        DataFlow.SYNTHESIZED: (),
    }
)
"""The flows that may be answered instead of each, the widest first.

What a narrower flow sends can be computed from what the wider one sends, and the released table is the same.
``synthesized`` stands alone: it releases another table, so it neither replaces a flow nor is replaced.
"""


def is_within(flow: DataFlow, wider: DataFlow) -> bool:
    """Tell whether ``flow`` is ``wider`` itself or may be answered in its place."""
    return flow is wider or flow in NARROWER[wider]


def sends_rows(flows: Mapping[str, DataFlow], names: Iterable[str]) -> tuple[PartyId, ...]:
    """Return those of the suppliers ``names`` whose flow sends rows, in the order of their names."""
    return tuple(PartyId(name) for name in sorted(names) if STEPS[flows[name]].sends_rows)


def is_pooled(flows: Mapping[str, DataFlow], names: Iterable[str]) -> bool:
    """Tell whether the study's tables are pooled: all suppliers synthesize, and nothing is left to learn."""
    return all(flows[name] is DataFlow.SYNTHESIZED for name in names)
