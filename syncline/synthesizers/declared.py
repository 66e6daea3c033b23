"""Whether the data keeps the constraints that the schema declares: where it does not, the study ends.

A declared constraint is never enforced against the data and never dropped in silence. What is said of rows
that break one obeys the small-count rule: their number is told where it holds at least ``min_cell`` rows and
every row is a person of its own, else only that there are some.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from syncline.data.constraint import Constraint, Formula
from syncline.data.section import shown
from syncline.errors import StudyFailed
from syncline.protocols.round_answers import Answers
from syncline.protocols.transition import PartyId
from syncline.questions.formula_check import CELLS
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.formulas import tolerated
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.whose_rows import of_party

Ints = npt.NDArray[np.int64]
_WRONG, _SURPLUS = 0, 2
_MOST_NAMED = 8


def require_declared(
    checked: Sequence[Constraint],
    answers: Answers,
    columns: Mapping[str, CodedColumn],
    n_rows: int,
    settings: FitSettings,
) -> None:
    """Raise StudyFailed where the first answers of a round, about ``checked``, break declared constraints."""
    counts = {party: own.dense() for party, own in answers.each_counts(0).items()}
    broken = broken_constraints(checked, counts, columns, n_rows, settings)
    if broken:
        raise StudyFailed(
            f"the data breaks constraints that the schema declares: {'; '.join(broken)};"
            " mend the data, or take the constraint out of the schema"
        )


def broken_constraints(
    checked: Sequence[Constraint],
    answers: Mapping[PartyId, Ints],
    columns: Mapping[str, CodedColumn],
    n_rows: int,
    settings: FitSettings,
) -> list[str]:
    """Return a clause for each declared constraint that more rows break than are tolerated.

    Parameters
    ----------
    checked : the formulas that were counted, ``CELLS`` cells each
    answers : every supplier's counts (``CELLS`` * n_formulas,)
    columns, n_rows : the codes of every column, and the training rows of all suppliers
    """
    clauses = []
    for place, formula in enumerate(checked):
        if formula not in settings.schema.constraints:
            continue
        counts = {party: cells[CELLS * place : CELLS * place + CELLS] for party, cells in answers.items()}
        for cell, words in _breaks(formula):
            total = sum(int(found[cell]) for found in counts.values())
            if total > tolerated(formula, columns[formula.of], n_rows):
                where = _where({party: int(found[cell]) for party, found in counts.items()}, settings)
                clauses.append(f"{constraint_words(formula)}, but {words} in {where}")
    return clauses


def constraint_words(formula: Constraint) -> str:
    """Return a constraint as people read it: ``'y' is the sum of 'a', 'b'``."""
    inputs = ", ".join(repr(shown(name)) for name in formula.inputs)
    verb = "is at most" if formula.formula is Formula.AT_MOST else f"is {formula.formula} of"
    return f"{shown(formula.of)!r} {verb} {inputs}"


def _breaks(formula: Constraint) -> Iterator[tuple[int, str]]:
    yield _WRONG, "it is not"
    if formula.defines:
        yield _SURPLUS, "it has a value although a column that it follows from has none that fits"


def _where(rows: Mapping[PartyId, int], settings: FitSettings) -> str:
    owners = [(party, rows[party]) for party in sorted(rows) if rows[party]]
    named = [f"{_amount(count, settings)} of {of_party(party)}" for party, count in owners[:_MOST_NAMED]]
    if len(owners) > _MOST_NAMED:
        named.append(f"and rows of {len(owners) - _MOST_NAMED} more suppliers")
    return ", ".join(named)


def _amount(rows: int, settings: FitSettings) -> str:
    return "some rows" if settings.persons or rows < max(settings.min_cell, 2) else f"{rows} rows"
