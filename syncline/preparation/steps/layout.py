"""The columns that reach a step, by name, and where the text of a pseudonym's origin is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from syncline.data.section import nearest, shown
from syncline.errors import DataError
from syncline.sources.container import readable_columns, require_read, unread_columns
from syncline.sources.source import Source


@dataclass(frozen=True, slots=True)
class ColumnLayout:
    """Name the columns between two steps, in their order.

    Attributes
    ----------
    columns
        What the next step may name.
    originals
        For a column of pseudonyms the hidden column that holds what they stand for; only the fold reads it.
    unread
        What columns of the source hold that no step can read, by their names.
    """

    columns: tuple[str, ...]
    originals: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Source) -> ColumnLayout:
        """Return the layout that the first step finds: the columns of ``source`` that can be read."""
        return cls(tuple(readable_columns(source)), unread=unread_columns(source))

    @property
    def carried(self) -> tuple[str, ...]:
        """All columns of a batch at this place: the visible ones, then the hidden ones."""
        return (*self.columns, *self.originals.values())

    def require(self, names: Iterable[str], where: str) -> None:
        """Raise DataError, naming the nearest column, where one of ``names`` is not here."""
        for name in names:
            if name not in self.columns:
                require_read(self.unread, [name], where)
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
            {name: why for name, why in self.unread.items() if name not in gone},
        )

    def renamed(self, names: Mapping[str, str]) -> ColumnLayout:
        """Return the layout with each column of ``names`` under its new name."""
        return replace(
            self,
            columns=tuple(names.get(name, name) for name in self.columns),
            originals={names.get(name, name): hidden for name, hidden in self.originals.items()},
        )

    def hidden(self, name: str, original: str) -> ColumnLayout:
        """Return the layout with ``original`` kept as what the pseudonyms of ``name`` stand for."""
        return replace(self, originals={**self.originals, name: original})
