"""What is known before the trees grow: the columns' codes, and the plan of how each column is drawn."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Codebook
from syncline.data.constraint import Constraint
from syncline.data.gap import Gap
from syncline.data.note import Note
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.dependencies import Pair
from syncline.synthesizers.drawing import Draws
from syncline.synthesizers.draws import ColumnDraw
from syncline.synthesizers.formulas import Derived
from syncline.synthesizers.phases.division import Sizes
from syncline.synthesizers.second_moments import SecondMoments
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.tabular_model import TabularModel

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Book:
    """The number of rows in each fold and every modelled column's codes and values, in schema order.

    ``gaps`` are codes and values of the gaps between columns, and ``bounds`` the orders that every released
    row keeps.
    """

    n_train: int
    n_holdout: int
    columns: tuple[CodedColumn, ...]
    gaps: tuple[CodedColumn, ...] = ()
    bounds: tuple[Constraint, ...] = ()
    _by_name: dict[str, CodedColumn] = field(init=False, repr=False, compare=False)
    _codebook: Codebook = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        every = (*self.columns, *self.gaps)
        object.__setattr__(self, "_by_name", {column.codes.name: column for column in every})
        object.__setattr__(self, "_codebook", Codebook(tuple(column.codes for column in every)))

    @property
    def sizes(self) -> Sizes:
        """Rows of all suppliers for training and held out."""
        return Sizes(self.n_train, self.n_holdout)

    def codebook(self) -> Codebook:
        """Return the half of the book that suppliers apply."""
        return self._codebook

    def column(self, name: str) -> CodedColumn:
        """Return one column or gap."""
        return self._by_name[name]

    def gaps_beside(self, derived: Collection[str]) -> tuple[Gap, ...]:
        """Return the gaps that are used where some columns are derived: none from these or of them."""
        gaps = [column.codes.gap for column in self.gaps if column.codes.gap is not None]
        return tuple(gap for gap in gaps if not {gap.of, gap.base}.intersection(derived))


@dataclass(frozen=True, slots=True)
class Plan:
    """How each column is drawn.

    Attributes
    ----------
    book : the columns' codes
    order : the columns and gaps that are drawn, in visit order; a column that follows from a gap comes after
        it
    derived : the columns that are recomputed; they are not in the order
    determinants : for each column that is determined by another one alone, that one
    counted : joint counts (codes of the first, of the second) of each two columns whose codes were counted
        together already, small cells left out; a supplier counts them no second time
    predictors : in a wide table, for each place of a tree's target the places of its predictors
    spread : means and covariances of the numeric columns, where they were asked for
    """

    book: Book
    order: tuple[str, ...]
    derived: tuple[Derived, ...]
    determinants: Mapping[str, str]
    counted: Mapping[Pair, Ints]
    predictors: Mapping[int, Ints] = field(default_factory=dict)
    spread: SecondMoments | None = None

    @property
    def gaps(self) -> dict[str, CodedColumn]:
        """The gap from which each column follows that has none of its own."""
        return {
            column.codes.gap.of: column
            for column in self.book.gaps
            if column.codes.gap is not None and column.codes.name in self.order
        }

    def table(self, first: str, second: str) -> Ints | None:
        """Return the joint counts of two columns (codes of ``first``, of ``second``), None if not counted."""
        if (first, second) in self.counted:
            return self.counted[first, second]
        turned = self.counted.get((second, first))
        return None if turned is None else np.ascontiguousarray(turned.T)

    def pruned(self) -> Plan:
        """Return the plan without the tables that no determined column is drawn from.

        A technique that reads no others keeps this between its rounds.
        """
        wanted = {frozenset(pair) for pair in self.determinants.items()}
        return replace(self, counted={p: t for p, t in self.counted.items() if frozenset(p) in wanted})

    def without_gaps(self) -> Plan:
        """Return the plan that draws each column itself, none by a gap: orders are kept by drawing again."""
        gaps = {column.codes.name for column in self.book.gaps}
        return replace(self, order=tuple(name for name in self.order if name not in gaps))

    def dependent_draw(self, name: str) -> ColumnDraw | None:
        """Return the draw of a column that follows from a gap or another column, None of all others."""
        if name in self.gaps:
            return ColumnDraw.by_gap(name, self.gaps[name].codes.name)
        if name not in self.determinants:
            return None
        determinant = self.determinants[name]
        table = self.table(determinant, name)
        assert table is not None
        return ColumnDraw.beside(name, determinant, table, self.book.column(name).values.rows)

    def model(
        self, settings: FitSettings, draws: tuple[ColumnDraw, ...], told: tuple[Note, ...] = ()
    ) -> TabularModel:
        """Return the model that draws as planned; ``told`` is what the technique says of its learning."""
        gaps = tuple(column for column in self.book.gaps if column.codes.name in self.order)
        book = self.book
        return TabularModel(
            settings.method,
            book.columns,
            self.order,
            draws,
            self.derived,
            book.bounds,
            book.n_train,
            gaps,
            settings.draws is Draws.SYSTEMATIC,
            told,
        )

    def targets(self) -> tuple[int, ...]:
        """Return the places of the columns that get a tree or a distribution of their own."""
        without = {*self.determinants, *self.gaps}
        return tuple(place for place, name in enumerate(self.order) if name not in without)
