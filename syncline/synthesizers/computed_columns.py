"""Notes on the columns that a model computes: from other columns by a formula, or from one and a gap.

Their values in a release are those of the rule, not of the table: cells in which the table breaks the rule
leave no trace. The notes count single rows, so they are for whoever owns all the tables, in one process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from syncline.data.batch import Status
from syncline.data.constraint import ELAPSED, Constraint, Formula
from syncline.data.note import Deed, Note, counted
from syncline.data.section import shown
from syncline.questions.asked import Asked
from syncline.questions.formula_check import CELLS, FormulaCheck
from syncline.questions.question import Context
from syncline.questions.workspace import Workspace
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.draws import ColumnDraw
from syncline.synthesizers.formulas import Derived

_FOUND = "where the rule is chance, leave one of its columns out of the schema"


class Computing(Protocol):
    """What says how columns follow from others: a model, or what a fit found before it learnt one."""

    @property
    def gaps(self) -> tuple[CodedColumn, ...]:
        """The gaps that columns follow from."""
        ...

    @property
    def derived(self) -> tuple[Derived, ...]:
        """The formulas."""
        ...


def computed_notes(tables: Sequence[Workspace], model: Computing) -> tuple[Note, ...]:
    """Return which columns of ``tables`` a release computes, and how many cells break the rule."""
    gaps = [column.codes.gap for column in model.gaps if column.codes.gap is not None]
    orders = [Constraint.between(Formula.AT_MOST, *_order(gap.of, gap.base, gap.above)) for gap in gaps]
    rules = [*orders, *(derived.formula for derived in model.derived)]
    if not rules:
        return ()
    broken = [0] * len(rules)
    for table in tables:
        answer = FormulaCheck(tuple(rules)).answer(table, Context(Asked()))
        counts = answer.dense().reshape(-1, CELLS)
        broken = [total + int(own) for total, own in zip(broken, counts[:, 0], strict=True)]
    notes: list[Note] = []
    for gap, wrong in zip(gaps, broken, strict=False):
        side = "plus" if gap.above else "less"
        rule = f"{shown(gap.base)!r} {side} a gap that is learnt in its place"
        remedy = f"to draw it by itself, place it before {shown(gap.base)!r} in the visit sequence"
        notes.append(_note(tables, gap.of, rule, wrong, remedy))
    for derived, wrong in zip(model.derived, broken[len(gaps) :], strict=True):
        notes += (_note(tables, name, rule, wrong, _FOUND) for name, rule in _rules(derived))
    return tuple(notes)


def line_notes(draws: Sequence[ColumnDraw]) -> tuple[Note, ...]:
    """Return which columns of a release are computed by lines through others, but for a small rest."""
    notes = []
    for draw in draws:
        line = draw.reordering
        if line is not None and line.computed is not None:
            through = ", ".join(dict.fromkeys(repr(shown(other.column)) for other in line.others))
            of = "its logarithm lies" if line.own.log else "it lies"
            why = f"{of} on a line through {through} that tells nearly all of it"
            remedy = "to draw it by itself, place it before these in the visit sequence"
            notes.append(Note(draw.column, Deed.COMPUTED, "values within its range", why, remedy))
    return tuple(notes)


def is_exact(note: Note) -> bool:
    """Tell whether a note names a computed column of which every cell keeps its rule: nothing is lost."""
    return note.deed is Deed.COMPUTED and note.what == f"all {counted(note.cells or 0)}"


def _order(of: str, base: str, above: bool) -> tuple[str, list[str]]:
    return (base, [of]) if above else (of, [base])


def _rules(derived: Derived) -> Iterator[tuple[str, str]]:
    """Yield the columns that are recomputed with the words of what each follows from."""
    formula = derived.formula
    inputs = [repr(shown(name)) for name in formula.inputs]
    if derived.solved is not None:
        others = [repr(shown(formula.of)), *(name for name in inputs if name != repr(shown(derived.solved)))]
        yield derived.solved, f"{', '.join(others)}, by the {formula.formula} that they are"
    match formula.formula:
        case Formula.EQUAL:
            rule = inputs[0]
        case Formula.SUM:
            rule = " + ".join(inputs)
        case Formula.RATIO:
            rule = " / ".join(inputs)
        case Formula.LINEAR:
            offset = f" + {formula.offset:g}" if formula.offset else ""
            rule = f"{formula.factor:g} * {inputs[0]}{offset}"
        case kind if kind in ELAPSED:
            rule = f"the {formula.formula} from {inputs[1]} to {inputs[0]}"
        case _:
            rule = f"{formula.formula} of {inputs[0]}"
    yield formula.of, rule


def _note(tables: Sequence[Workspace], name: str, rule: str, wrong: int, remedy: str) -> Note:
    cells = sum(_present(table, name) for table in tables)
    what = f"all {counted(cells)}"
    if wrong:
        what += f", {wrong} of which break the rule" if wrong > 1 else ", one of which breaks the rule"
    return Note(name, Deed.COMPUTED, what, f"each row takes {rule}", remedy, cells)


def _present(table: Workspace, name: str) -> int:
    place = [variable.name for variable in table.schema.modelled].index(name)
    return sum(int((batch.status[place] == Status.VALID).sum()) for batch in table.training())
