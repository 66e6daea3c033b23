"""The columns that reach a step, by name, and where the text of a pseudonym's origin is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from syncline.data.section import nearest, shown
from syncline.errors import DataError


@dataclass(frozen=True, slots=True)
class ColumnLayout:
    """Name the columns between two steps, in their order.

    Attributes
    ----------
    columns
        What the next step may name.
    originals
        For a column of pseudonyms the hidden column that holds what they stand for; only the fold reads it.
    """

    columns: tuple[str, ...]
    originals: Mapping[str, str] = field(default_factory=dict)

    @property
    def carried(self) -> tuple[str, ...]:
        """All columns of a batch at this place: the visible ones, then the hidden ones."""
        return (*self.columns, *self.originals.values())

    def require(self, names: Iterable[str], where: str) -> None:
        """Raise DataError, naming the nearest column, where one of ``names`` is not here."""
        for name in names:
            if name not in self.columns:
                hint = nearest(name, self.columns)
                raise DataError(f"{where}: there is no column {shown(name)!r} at this step; {hint}")

    def require_new(self, name: str, where: str) -> None:
        """Raise DataError where a column to be made is here already."""
        if name in self.columns:
            raise DataError(
                f"{where}: there is a column {shown(name)!r} already; drop it first or choose another name"
            )

    def added(self, names: Iterable[str]) -> ColumnLayout:
        """Return the layout with ``names`` behind the others."""
        return replace(self, columns=(*self.columns, *names))

    def without(self, names: Iterable[str]) -> ColumnLayout:
        """Return the layout without ``names``."""
        gone = set(names)
        return ColumnLayout(
            tuple(name for name in self.columns if name not in gone),
            {name: hidden for name, hidden in self.originals.items() if name not in gone},
        )

    def renamed(self, names: Mapping[str, str]) -> ColumnLayout:
        """Return the layout with each column of ``names`` under its new name."""
        return ColumnLayout(
            tuple(names.get(name, name) for name in self.columns),
            {names.get(name, name): hidden for name, hidden in self.originals.items()},
        )

    def hidden(self, name: str, original: str) -> ColumnLayout:
        """Return the layout with ``original`` kept as what the pseudonyms of ``name`` stand for."""
        return replace(self, originals={**self.originals, name: original})
