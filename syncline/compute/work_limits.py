"""What one computation may take: rows, cells, memory and time, one value for every child of both sides.

Bytes that travel are limited elsewhere; here stands what they may turn into. The hub has its limits from the
options of ``serve``, a supplier from the section ``limits`` of its policy. A child is confined to them by the
kernel (:mod:`syncline.compute.confinement`), and whoever unpacks a table holds what the table says of its
size against them before anything is unpacked (:meth:`WorkLimits.require_table`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from syncline.errors import WireError, WorkLimitReached

MIB = 1 << 20
HELD_SHARE = 2
"""A table that is unpacked takes at most one part in so many of the memory: work needs the others."""


class Limit(StrEnum):
    """What may be used up."""

    ROWS = "rows"
    CELLS = "cells"
    MEMORY = "memory"
    CPU = "cpu"
    WALL = "wall"


class LimitSide(StrEnum):
    """Whose limits they are, which decides who can raise them."""

    SUPPLIER = "supplier"
    HUB = "hub"


_REMEDIES = {
    LimitSide.SUPPLIER: {
        Limit.ROWS: "limits.table_rows",
        Limit.CELLS: "limits.table_cells",
        Limit.MEMORY: "limits.memory_mib",
        Limit.CPU: "limits.cpu_minutes",
        Limit.WALL: "limits.wall_minutes",
    },
    LimitSide.HUB: {
        Limit.ROWS: "--compute-rows",
        Limit.CELLS: "--compute-cells",
        Limit.MEMORY: "--compute-memory",
        Limit.CPU: "--compute-cpu-minutes",
        Limit.WALL: "--compute-minutes",
    },
}


@dataclass(frozen=True, slots=True)
class WorkLimits:
    """The most that one computation may take.

    Attributes
    ----------
    rows, cells
        Of one table: rows, and rows times columns.
    memory_bytes
        Memory of the child, beside what it has reserved before it begins to work.
    cpu_seconds
        Time of processors for one call, of all threads together.
    wall_seconds
        Time of the clock for one call.
    side
        Whose limits they are.
    """

    rows: int = 100_000_000
    cells: int = 10_000_000_000
    memory_bytes: int = 2048 * MIB
    cpu_seconds: float = 3600.0
    wall_seconds: float = 7200.0
    side: LimitSide = LimitSide.SUPPLIER

    def __post_init__(self) -> None:
        for limit in (self.rows, self.cells, self.memory_bytes, self.cpu_seconds, self.wall_seconds):
            if limit <= 0:
                raise ValueError("a limit of work is above 0")

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Return the limits of :meth:`to_json`; raise WireError where they do not read."""
        if not isinstance(document, Mapping):
            raise WireError("limits: expected the limits of the work")
        try:
            return cls(**{**document, "side": LimitSide(document.get("side", LimitSide.SUPPLIER))})
        except (TypeError, ValueError):
            raise WireError("limits: the limits of the work do not read") from None

    def to_json(self) -> dict[str, Any]:  # Any: dataclasses type no dump
        """Return the limits as plain values."""
        return asdict(self)

    @property
    def held_bytes(self) -> int:
        """The most bytes of a table that stands in memory whole."""
        return self.memory_bytes // HELD_SHARE

    def require_table(self, where: str, *, rows: int, columns: int, held_bytes: int = 0) -> None:
        """Raise WorkLimitReached unless a table of this size may be read.

        ``held_bytes`` is what it takes in memory where it is to stand there whole.
        """
        if rows > self.rows:
            raise self.reached(Limit.ROWS, where)
        if rows * max(columns, 1) > self.cells:
            raise self.reached(Limit.CELLS, where)
        if held_bytes > self.held_bytes:
            raise self.reached(Limit.MEMORY, where)

    def reached(self, limit: Limit, where: str = "") -> WorkLimitReached:
        """Return the error that says which limit was met, and what helps; ``where`` names the table."""
        option = _REMEDIES[self.side][limit]
        remedy = (
            f"let the supplier raise {option} in its policy"
            if self.side is LimitSide.SUPPLIER
            else f"let the hub's operator raise serve {option}"
        )
        subject = f"{where}: " if where else ""
        return WorkLimitReached(
            f"{subject}one computation would take {self._words(limit)}: ask for fewer columns or rows, or"
            f" {remedy}"
        )

    def _words(self, limit: Limit) -> str:
        match limit:
            case Limit.ROWS:
                return f"more than {self.rows} rows of one table"
            case Limit.CELLS:
                return f"more than {self.cells} cells of one table"
            case Limit.MEMORY:
                return f"more than its {self.memory_bytes / MIB:.0f} MiB of memory"
            case Limit.CPU:
                return f"more than its {self.cpu_seconds / 60:.4g} minutes of processor time"
            case Limit.WALL:
                return f"more than its {self.wall_seconds / 60:.4g} minutes"


DEFAULT_LIMITS = WorkLimits()
"""Where nobody says, as in one process without daemons."""
