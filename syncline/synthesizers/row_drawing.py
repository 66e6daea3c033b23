"""Rows in the making: one column after the other, each drawn again where it breaks an order.

A column that is greater than a drawn one that it may not exceed, or lies outside of its range because a gap
led it there, is drawn again by itself, given the columns before it. So the columns that are there keep what
was learnt of them: were the whole row drawn again, every column would lean towards rows in which orders are
easily kept. What no draw of the column alone can mend, the model draws again from the first column on that
has a part in it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from syncline.data.constraint import Constraint
from syncline.synthesizers.alike_rows import most_varied, nearness, variety
from syncline.synthesizers.drawers import Drawers
from syncline.synthesizers.draws import Codes, ColumnDraw
from syncline.synthesizers.gap_draws import GapDraw
from syncline.synthesizers.kept_rows import (
    ByName,
    MutableColumns,
    OrderTest,
    broken_rows,
    keys_of_numbers,
    put_rows,
)
from syncline.synthesizers.latent_draw import Normals, latents_of, normal_numbers
from syncline.synthesizers.reordering import OnLine, Reordering
from syncline.synthesizers.streams import Seed

COLUMN_DRAWS = 50
"""Times that one column of a row is drawn at most until it keeps the orders with the columns before it."""

AT_ONCE = 1 << 15
"""Draws that are made at once at most: as many again as were made, since the rows that are left are few."""

Keys = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
DrawnCells = tuple[Keys, Mask]
StateOfRows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Streams:
    """Where the randomness of n rows of a partition comes from; ``again`` tells a further draw of rows."""

    seed: Seed
    partition: int
    again: str = ""

    def words(self, kind: str, name: str, n: int, attempt: int) -> npt.NDArray[np.uint64]:
        """Return n words for a column; each ``attempt`` after the first has streams of its own."""
        further = f"/{attempt}" if attempt else ""
        return self.seed.words(f"{kind}:{name}{self.again}{further}", self.partition, n)


@dataclass(slots=True)
class RowDrawing:
    """The cells of n rows, column by column.

    Attributes
    ----------
    bins : the bins of the columns that are there, in visit order (n, columns)
    normals : normal numbers of the latents of the columns that are there (latents, n)
    rows : the cells that are there
    codes : of the columns that are there (n,) each
    drawn : how many columns are there
    """

    drawers: Drawers
    streams: Streams
    bins: npt.NDArray[np.uint8]
    normals: Normals
    rows: MutableColumns = field(default_factory=dict)
    codes: dict[str, Codes] = field(default_factory=dict)
    drawn: int = 0
    _varieties: list[int] = field(default_factory=list)

    def draw(self, order: Sequence[str], draws: Sequence[ColumnDraw]) -> None:
        """Draw all columns and gaps that are not there yet."""
        for name, draw in zip(order[self.drawn :], draws[self.drawn :], strict=True):
            self.add(name, draw)

    def part(self, rows: Keys, names: Sequence[str], streams: Streams) -> RowDrawing:
        """Return the rows at places ``rows`` (k,) with the first columns ``names`` alone, to be drawn on."""
        bins = np.zeros((len(rows), self.bins.shape[1]), np.uint8)
        bins[:, : len(names)] = self.bins[rows, : len(names)]
        cells = {name: (self.rows[name][0][rows], self.rows[name][1][rows]) for name in names}
        codes = {name: self.codes[name][rows] for name in names}
        return RowDrawing(self.drawers, streams, bins, self.normals[:, rows], cells, codes, len(names))

    def put(self, rows: Keys, part: RowDrawing) -> None:
        """Put other rows into the places ``rows`` (k,)."""
        put_rows(self.rows, rows, part.rows)
        for name, codes in part.codes.items():
            self.codes[name][rows] = codes
        self.bins[rows] = part.bins
        self.normals[:, rows] = part.normals

    def add(self, name: str, draw: ColumnDraw) -> None:
        """Draw the next column or gap, or compute the column of a gap that was drawn."""
        column = self.drawers.by_name[name]
        if draw.gap is None:
            states = self.states(draw)
            self.codes[name], self.rows[name] = self._drawn(name, draw, states)
            if draw.reordering is not None and self.drawers.systematic:
                self._reorder(name, draw.reordering, states)
        else:
            self.rows[name] = self._beside(draw.gap, self.rows[draw.gap], np.arange(len(self.bins)))
            self.codes[name] = column.codes.encode(self.rows[name][0], ~self.rows[name][1])
        self.bins[:, self.drawn] = column.codes.bins[self.codes[name]]
        self.drawn += 1

    def reorder(self, name: str, line: Reordering, states: StateOfRows) -> None:
        """Put the values of the column that was drawn last in order within its states (n,)."""
        self._reorder(name, line, states)
        self.bins[:, self.drawn - 1] = self.drawers.by_name[name].codes.bins[self.codes[name]]

    def _reorder(self, name: str, line: Reordering, states: StateOfRows) -> None:
        to, of = line.order(self.rows, states, self.drawers.by_name)
        self.codes[name][to] = self.codes[name][of]
        self.rows[name][0][to] = self.rows[name][0][of]
        if line.computed is not None and not any(
            name in (order.of, order.limit) for order in self.drawers.orders
        ):
            self._compute(name, line, line.computed, states)

    def _compute(self, name: str, line: Reordering, on: OnLine, states: StateOfRows) -> None:
        """Set the column to what its line tells; rows where that is beyond its values keep theirs."""
        by_name = self.drawers.by_name
        numbers, present = line.numbers(on, self.rows, states, by_name)
        keys, _ = keys_of_numbers(name, numbers, ~present, by_name)
        values = by_name[name].values
        low, high = values.extent
        held = np.flatnonzero(present & (keys >= low) & (keys <= high) & values.variable.are_values(keys))
        self.rows[name][0][held] = keys[held]
        self.codes[name][held] = by_name[name].codes.encode(keys[held], np.ones(len(held), np.bool_))

    def _drawn(self, name: str, draw: ColumnDraw, states: StateOfRows) -> tuple[Codes, DrawnCells]:
        every, gap_draw = np.arange(len(self.bins)), self.drawers.gap_draw(draw)
        codes, (keys, missing), own = self._once(name, draw, gap_draw, states, every, 0)
        codes, keys, missing = codes.copy(), keys.copy(), missing.copy()
        left = every[~self._fits(name, (keys, missing), every)]
        made = 1
        while len(left) and made < COLUMN_DRAWS:
            tries = tries_at_once(made, COLUMN_DRAWS - made, len(left))
            places = np.repeat(left, tries)
            found, cells, other = self._once(name, draw, gap_draw, states[places], places, made)
            chosen, mended = first_fit(self._fits(name, cells, places), tries)
            codes[left], keys[left], missing[left] = (part[chosen] for part in (found, *cells))
            own[:, left] = other[:, chosen]
            left, made = left[~mended], made + tries
        if draw.latent is not None:
            self.normals[draw.latent.before : draw.latent.before + len(own)] = own
        return codes, (keys, missing)

    def _once(
        self,
        name: str,
        draw: ColumnDraw,
        gap_draw: GapDraw | None,
        states: StateOfRows,
        places: Keys,
        attempt: int,
    ) -> tuple[Codes, DrawnCells, Normals]:
        """Draw the rows at ``places`` (k,), whose states (k,) are known: codes, cells, numbers of latents."""
        gap, n, systematic = self.drawers.by_name[name].codes.gap, len(places), self.drawers.systematic
        random = self.streams.words("code", name, n, attempt)
        near = None if attempt else self._near()
        normals = self._normals(draw, n, attempt)
        if draw.latent is not None:
            latents = latents_of(draw.latent, self.normals[: draw.latent.before, places], normals)
            starts = random if systematic and self._is_first(attempt) else None
            codes = draw.latent.codes(latents, draw.weights(), starts)
        elif gap_draw is None or gap is None:
            codes = self._codes(draw, states, places, random, near)
        else:
            codes = gap_draw.codes(states, random, self.rows[gap.base][1][places], systematic, near)
        cells = self.drawers.decoder(name).decode(codes, self.streams.words("value", name, n, attempt))
        return codes, cells, normals

    def _normals(self, draw: ColumnDraw, n: int, attempt: int) -> Normals:
        """Return the normal numbers (k, n) of a column's latents for n rows."""
        words = [
            self.streams.words(f"latent {place}", draw.column, n, attempt) for place in range(draw.latents)
        ]
        return np.array([normal_numbers(own) for own in words], np.float32).reshape(draw.latents, n)

    def _is_first(self, attempt: int) -> bool:
        """Tell whether all rows of a partition are drawn, not those again that broke an order."""
        return not attempt and not self.streams.again

    def _codes(
        self,
        draw: ColumnDraw,
        states: StateOfRows,
        places: Keys,
        random: npt.NDArray[np.uint64],
        near: Keys | None,
    ) -> Codes:
        """Return the codes of a column that is no gap, for the rows at ``places``, whose states are known."""
        raked = self.drawers.raked_draw(draw)
        if raked is None:
            return draw.codes(states, random, self.drawers.systematic, near)
        return raked.codes(states, self.bins[places], random, self.drawers.systematic, near)

    def _near(self) -> Keys | None:
        """Return numbers (n,) that are close for rows alike in the columns that are there, or None.

        Of rows drawn again the first that fits is taken: spread evenly, that would favour some codes.
        """
        if self.streams.again or not self.drawers.systematic:
            return None
        self._varieties += [variety(self.bins[:, place]) for place in range(len(self._varieties), self.drawn)]
        places = most_varied(self._varieties)
        return nearness(self.bins, places) if places else None

    def _fits(self, name: str, cells: DrawnCells, places: Keys) -> Mask:
        """Tell which ``cells`` (k,) of rows at ``places`` (k,) keep the orders with columns drawn before."""
        gap = self.drawers.by_name[name].codes.gap
        of = name if gap is None else gap.of
        met = [order for order in self.drawers.orders_of(of) if order.other(of) in self.rows]
        fits = np.ones(len(places), np.bool_)
        if not met and gap is None:
            return fits
        drawn = {of: cells if gap is None else self._beside(name, cells, places)}
        for other in {order.other(of) for order in met}:
            keys, missing = self.rows[other]
            drawn[other] = keys[places], missing[places]
        fits[broken_rows(drawn, met, () if gap is None else (of,), self.drawers.by_name)] = False
        return fits

    def _beside(self, name: str, cells: DrawnCells, places: Keys) -> DrawnCells:
        """Return the cells of the column that follows from a gap's ``cells`` and its base."""
        line = self.drawers.line(name)
        keys, missing = self.rows[line.gap.base]
        return line.values(cells, (keys[places], missing[places]))

    def states(self, draw: ColumnDraw) -> StateOfRows:
        """Return the state (n,) from which each row's code is drawn."""
        if draw.determinant is not None:
            return self.codes[draw.determinant].astype(np.int64)
        if draw.nodes is not None:
            return np.searchsorted(draw.nodes.leaves, draw.nodes.route(self.bins[:, : self.drawn]))
        return np.zeros(len(self.bins), np.int64)


def tries_at_once(made: int, left: int, rows: int) -> int:
    """Return how many draws of each of ``rows`` come next, where so many were ``made`` and are ``left``."""
    return min(made, left, max(1, AT_ONCE // rows))


def first_fit(fits: Mask, tries: int) -> tuple[Keys, Mask]:
    """Return of so many ``tries`` for each of k rows (k * tries,) the first that fits, else the last.

    The second array (k,) tells which rows have one that fits.
    """
    table = fits.reshape(-1, tries)
    mended = np.asarray(table.any(axis=1))
    return np.arange(len(table)) * tries + np.where(mended, table.argmax(axis=1), tries - 1), mended


def orders_among_drawn(
    bounds: Sequence[Constraint], computed: Collection[str], by_name: ByName
) -> list[OrderTest]:
    """Return the orders that are kept while rows are drawn: none of their columns is ``computed`` later."""
    kept = [order for order in bounds if not set(order.columns).intersection(computed)]
    return [OrderTest.of_bound(order, by_name) for order in kept]
