"""Values of a table that a model does not show, because too few people share them, and what became of them.

The notes name values and count single rows, so they are for whoever owns all the tables, in one process:
nothing of them goes into a model, a release or a report.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Batch, Status
from syncline.data.labels import OTHER, normal_label
from syncline.data.note import Deed, Note, counted
from syncline.data.release_table import cell_texts
from syncline.data.schema import Schema
from syncline.data.section import shown
from syncline.data.variable import Variable
from syncline.questions.workspace import Workspace
from syncline.sources.container import container_notes, unread_columns, unread_notes
from syncline.sources.reading_notes import reading_notes
from syncline.sources.source import Source
from syncline.sources.zone_notes import zone_notes
from syncline.synthesizers.column_coding import CodedColumn

Ints = npt.NDArray[np.int64]

MOST_NAMED = 5
"""Values that a note names at most."""

_MOST_KEPT = 10_000
_REMEDY = "group such values, add rows, or lower min_cell where you may"
_REMEDY_OF_GROUPS = "parents in the schema, which say who are siblings, or lower min_cell where you may"


def untold_notes(
    tables: Iterable[Workspace], coded: Iterable[CodedColumn], min_cell: int, others: str = ""
) -> tuple[Note, ...]:
    """Return what the small-count rule took out of the columns of ``tables``, which were learnt together.

    ``coded`` are the columns whose values are drawn by their codes. ``others`` says what became of merged
    categories, where it is not that they are drawn as one.
    """
    columns = [_Column(column, others=others) for column in coded]
    for table in tables:
        variables = {variable.name: (at, variable) for at, variable in enumerate(table.schema.modelled)}
        for column in columns:
            column.declared = len(variables[column.name][1].categories)
        for batch in table.batches():
            for column in columns:
                column.add(batch, variables[column.name][0])
    return tuple(note for column in columns for note in column.notes(min_cell))


def left_out_notes(schema: Schema, source: Source, whose: str = "") -> tuple[Note, ...]:
    """Return what a given schema leaves out of ``source`` or reads otherwise than it is written.

    So it does with times of a zone. ``whose`` says whose columns they are.
    """
    modelled = {variable.name for variable in schema.modelled} | {schema.person.name if schema.person else ""}
    what = f"the column {whose}".strip()
    found = (*container_notes(source), *unread_notes(source))
    notes = [replace(note, what=f"{note.what} {whose}".strip()) for note in found]
    columns = [normal_label(column) for column in source.columns]
    for name in dict.fromkeys((*columns, *schema.names)):
        if name in unread_columns(source):
            continue
        if name not in schema.names:
            why, remedy = "the schema does not name it", "describe it in the schema"
        elif name not in modelled:
            why = f"a column of kind {schema.variable(name).kind} is never modelled"
            remedy = "declare another kind to model it"
        else:
            continue
        notes.append(Note(name, Deed.LEFT_OUT, what, why, remedy))
    return (*notes, *reading_notes(schema, source, whose), *zone_notes(schema, source, whose))


@dataclass(slots=True)
class _Column:
    """The cells of one column whose values are drawn for no row.

    ``untold`` counts the cells of each key, ``missing`` those without a value; ``declared`` is how many
    categories the schema has.
    """

    coded: CodedColumn
    untold: Counter[int] = field(default_factory=Counter)
    missing: int = 0
    declared: int = 0
    others: str = ""

    @property
    def name(self) -> str:
        return self.coded.codes.name

    @property
    def variable(self) -> Variable:
        return self.coded.values.variable

    def add(self, batch: Batch, place: int) -> None:
        """Count the training rows of a batch."""
        used = ~batch.holdout
        status, keys = batch.status[place][used], batch.keys[place][used]
        valid = keys[status == Status.VALID]
        self.missing += int((status == Status.MISSING).sum())
        if len(self.untold) < _MOST_KEPT:
            self.untold.update(valid[~self._are_drawn(valid)].tolist())

    def _are_drawn(self, keys: Ints) -> npt.NDArray[np.bool_]:
        values = self.coded.values
        if not len(values.span_low):
            return np.zeros(len(keys), np.bool_)
        order = np.argsort(values.span_low, kind="stable")
        place = np.searchsorted(values.span_low[order], keys, side="right") - 1
        drawn = (place >= 0) & (keys <= values.span_high[order][np.maximum(place, 0)])
        return np.asarray(drawn | self._are_near(keys), np.bool_)

    def _are_near(self, keys: Ints) -> npt.NDArray[np.bool_]:
        """Tell which keys count in a bin whose values are drawn beside them.

        A bin ends where enough people let it, so the outermost values of most tables lie a little beyond:
        that is told of those alone that are farther away than all values are apart.
        """
        values, numbers = self.coded.values, ~self.coded.values.is_state
        if self.variable.is_categorical or not numbers.any():
            return np.zeros(len(keys), np.bool_)
        wide = np.unique(values.span_code[values.span_high > values.span_low])
        low, high = float(values.span_low[numbers].min()), float(values.span_high[numbers].max())
        away = np.maximum(low - keys.astype(np.float64), keys.astype(np.float64) - high)
        codes = self.coded.codes.encode(keys, np.ones(len(keys), np.bool_))
        return np.isin(codes, wide) & (away <= high - low)

    def notes(self, min_cell: int) -> Iterator[Note]:
        """Yield what became of the cells, those of one fate together."""
        if self.coded.groups:
            yield self._of_groups(min_cell)
        fates: defaultdict[tuple[Deed, str, bool], Counter[int]] = defaultdict(Counter)
        for key, cells in self.untold.items():
            fates[self._fate(key)][key] += cells
        for (deed, became, beyond), held in sorted(fates.items()):
            which = "it" if len(held) == 1 else "each of them"
            why = f"fewer than {min_cell} share {which}, so no row shows it"
            if beyond:
                why = f"fewer than {min_cell} lie beyond that"
            what = f"{counted(held.total())} {self._named(held)} {became}"
            yield Note(self.name, deed, what, why, _REMEDY, held.total())
        if self.missing and not self.coded.values.keeps_missing:
            what = f"{counted(self.missing)} without a value {self._counted_as(self.coded.codes.missing)}"
            yield Note(self.name, Deed.MERGED, what, f"fewer than {min_cell} lack one", _REMEDY, self.missing)

    def _of_groups(self, min_cell: int) -> Note:
        """Return the note of categories of which any sibling is drawn."""
        values, groups = self.coded.values, self.coded.values.groups
        codes = np.unique(values.span_code[np.isin(values.span_low, np.concatenate(groups))])
        cells, share = int(values.rows[codes].sum()), self.coded.other_share
        members, many = sum(map(len, groups)), "a group" if len(groups) == 1 else f"{len(groups)} groups"
        what = f"{counted(cells)} with {members} categories into {many} of siblings"
        if not share:
            what += f", so that none is {OTHER!r}"
        why = f"fewer than {min_cell} share each, so a row shows any category of its group"
        verb = "change" if self.variable.parents else "declare"
        return Note(self.name, Deed.MERGED, what, why, f"{verb} {_REMEDY_OF_GROUPS}", cells)

    def _into_other(self) -> str:
        share = self.coded.other_share
        return f"into {self.variable.categories[-1]!r}, which is {share:.1%} of the rows"

    def _fate(self, key: int) -> tuple[Deed, str, bool]:
        """Return what was done to cells of one value, what they count as, and whether they lie beyond."""
        codes, values = self.coded.codes, self.coded.values
        code = int(codes.encode(np.array([key], np.int64), np.ones(1, np.bool_))[0])
        if values.keeps_missing and code == codes.missing:
            return Deed.MERGED, "counted as missing", False
        spans = values.span_code == code
        if self.variable.is_categorical:
            if int(values.span_low[spans][0]) >= self.declared:
                return Deed.MERGED, self.others or self._into_other(), False
            return Deed.MERGED, self._counted_as(code), False
        numbers = ~values.is_state
        low, high = int(values.span_low[numbers].min()), int(values.span_high[numbers].max())
        if not self.variable.are_values(np.array([key], np.int64))[0]:
            return Deed.MERGED, self._counted_as(code), False
        if low <= key <= high:
            return Deed.MOVED, "to the nearest value that is shared", False
        end = self._label(low if key < low else high)
        return Deed.CLIPPED, f"to the outermost values, which end at {end}", True

    def _counted_as(self, code: int) -> str:
        values = self.coded.values
        spans = values.span_code == code
        if not spans.any():
            return "counted as missing"
        ends = (int(values.span_low[spans].min()), int(values.span_high[spans].max()))
        shown = " to ".join(dict.fromkeys(map(self._label, ends)))
        is_group = self.variable.is_categorical and int(spans.sum()) > 1
        return (
            f"counted with the largest group, {shown}"
            if is_group
            else f"counted as the most frequent, {shown}"
        )

    def _named(self, held: Counter[int]) -> str:
        """Return the most frequent of some values, as in ``with 'F', 'G' and 2 more``."""
        first = sorted(held, key=lambda key: (-held[key], key))[:MOST_NAMED]
        more = f" and {len(held) - len(first)} more" if len(held) > len(first) else ""
        return f"with {', '.join(map(self._label, first))}{more}"

    def _label(self, key: int) -> str:
        return repr(shown(cell_texts(self.variable, np.array([key], np.int64))[0]))
