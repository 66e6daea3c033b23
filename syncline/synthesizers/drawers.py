"""What drawing rows again and again needs of each column, reckoned once for all rows of a partition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from syncline.data.gap import GapLine
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.column_values import ColumnDecoder
from syncline.synthesizers.draws import ColumnDraw
from syncline.synthesizers.gap_draws import GapDraw
from syncline.synthesizers.kept_rows import OrderTest
from syncline.synthesizers.raked_draw import RakedDraw


@dataclass(frozen=True, slots=True)
class Drawers:
    """The columns that are drawn, and the orders that rows keep while they are.

    Attributes
    ----------
    orders : orders between columns that are drawn, not computed afterwards
    systematic : whether codes are drawn at equal distances, or each row by itself
    """

    by_name: Mapping[str, CodedColumn]
    orders: Sequence[OrderTest]
    systematic: bool
    _tests: dict[str, list[OrderTest]] = field(default_factory=dict)
    _decoders: dict[str, ColumnDecoder] = field(default_factory=dict)
    _lines: dict[str, GapLine] = field(default_factory=dict)
    _gap_draws: dict[str, GapDraw] = field(default_factory=dict)
    _raked_draws: dict[str, RakedDraw] = field(default_factory=dict)

    def orders_of(self, name: str) -> Sequence[OrderTest]:
        """Return the orders that a column has a part in."""
        if name not in self._tests:
            self._tests[name] = [test for test in self.orders if name in (test.of, test.limit)]
        return self._tests[name]

    def decoder(self, name: str) -> ColumnDecoder:
        """Return what decodes a column or gap."""
        if name not in self._decoders:
            self._decoders[name] = ColumnDecoder.of(self.by_name[name].values)
        return self._decoders[name]

    def gap_draw(self, draw: ColumnDraw) -> GapDraw | None:
        """Return how the codes of a gap are drawn; None where the column is none."""
        column = self.by_name[draw.column]
        if column.codes.gap is None:
            return None
        if draw.column not in self._gap_draws:
            self._gap_draws[draw.column] = GapDraw.of(draw, column.values)
        return self._gap_draws[draw.column]

    def raked_draw(self, draw: ColumnDraw) -> RakedDraw | None:
        """Return how a column with factors is drawn; None where it has none."""
        if not draw.factors:
            return None
        if draw.column not in self._raked_draws:
            self._raked_draws[draw.column] = RakedDraw.of(draw, self.by_name[draw.column].codes.classes)
        return self._raked_draws[draw.column]

    def line(self, name: str) -> GapLine:
        """Return how the column of the gap ``name`` follows from it."""
        gap = self.by_name[name].codes.gap
        assert gap is not None
        if name not in self._lines:
            of, base = (self.by_name[side].values.variable for side in (gap.of, gap.base))
            self._lines[name] = GapLine.between(gap, of, base)
        return self._lines[name]
