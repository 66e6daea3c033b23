"""Hold a supplier's own data against a study: before an approval, and again before anything leaves.

All that would make the supplier decline is found at once, with the numbers of cells and the first rows, and
what commonly goes wrong beside it. These words are about small numbers, so they are for the supplier alone;
what others are told names columns and kinds of fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from syncline.data.schema import Schema
from syncline.data.section import nearest, shown
from syncline.errors import DataError
from syncline.preparation.column_profile import ColumnFit, fit_schema
from syncline.preparation.fold import Fold
from syncline.preparation.hazards import find_hazards
from syncline.questions.asked import Asked
from syncline.questions.counts import Counts
from syncline.questions.formula_check import CELLS, FormulaCheck
from syncline.questions.profile import Profile
from syncline.questions.question import Context
from syncline.sources.container import unread_columns, unread_words
from syncline.sources.source import Source
from syncline.study.data_fit import DataFit
from syncline.study.few_people import FEW_PEOPLE
from syncline.study.fitting import is_lenient, people_of, workspace_of
from syncline.study.holdout import possible_holdouts
from syncline.study.spec import StudySpec
from syncline.synthesizers.declared import constraint_words
from syncline.synthesizers.hazards.hazard import but_few
from syncline.synthesizers.hazards.rules import Lacking
from syncline.synthesizers.hazards.supplier_sizes import MOSTLY_MISSING, missing_shares
from syncline.synthesizers.schema_violations import cell_faults, schema_violations
from syncline.synthesizers.whose_rows import ALONE

_ABSENT = "a study may say 'hazards: {absent: missing}', or exclude"


def fit_of(spec: StudySpec, source: Source, *, closely: bool = True) -> DataFit:
    """Hold ``source`` against ``spec``; not ``closely`` it is read for what a decline rests on alone."""
    schema = spec.schema
    lacking = _lacking(spec, source)
    faults = [f"the table has no column {shown(name)!r}; {nearest(name, source.columns)}" for name in lacking]
    told = [f"the table has no column {shown(name)!r} ({_ABSENT})" for name in lacking]
    read = {variable.name for variable in (*schema.modelled, *([schema.person] if schema.person else []))}
    unread = [words for name, words in unread_words(source).items() if name in read]
    faults, told = faults + unread, told + unread
    columns = fit_schema(source, schema)
    faults += _cells(schema, columns)
    told += _cells_in_public(schema, columns)
    people = None
    if not (lacking or unread):
        try:
            people = people_of(spec, source)
        except DataError as error:
            faults.append(str(error).removeprefix(f"{source.name}: "))
            told.append(str(error.public))
    sparse = list(_too_sparse(spec, source)) if people is not None else []
    faults, told = faults + sparse, told + sparse
    hazards = tuple(_hazards(spec, source, people, sound=not faults)) if closely else ()
    return DataFit(people, _shares(spec, people), tuple(faults), "; ".join(told), hazards)


def _lacking(spec: StudySpec, source: Source) -> list[str]:
    """Return the names of columns without which the study cannot read the table."""
    modelled = [variable.name for variable in spec.schema.modelled]
    lenient = is_lenient(spec) and any(name in source.columns for name in modelled)
    person = [] if spec.schema.person is None else [spec.schema.person.name]
    known = {*source.columns, *unread_columns(source)}
    return [name for name in [*([] if lenient else modelled), *person] if name not in known]


def _cells(schema: Schema, columns: Sequence[ColumnFit]) -> Iterator[str]:
    """Yield each kind of cell that does not fit, with how many there are and where the first ones stand."""
    for fit in columns:
        faults = cell_faults(schema.variable(fit.name), fit.counts)
        first = [rows for rows in (fit.first_out_of_range, fit.first_unknown) if rows]
        for (cells, (what, remedy)), rows in zip(faults, first, strict=True):
            more = ", ..." if cells > len(rows) else ""
            where = f"row{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows))}{more}"
            amount = f"{cells:,} of {sum(fit.counts):,} (see {where})"
            yield f"column {shown(fit.name)!r} has {what}, {amount}: {remedy}"


def _cells_in_public(schema: Schema, columns: Sequence[ColumnFit]) -> list[str]:
    cells = [count for fit in columns for count in fit.counts]
    counts = Counts.of_dense(np.array(cells, np.int64))
    return schema_violations({ALONE: counts}, [schema.variable(fit.name) for fit in columns])


def _too_sparse(spec: StudySpec, source: Source) -> Iterator[str]:
    """Yield the columns that are nearly empty, where the study stops for one.

    The rule is the hub's, over the answer that it would get: others are told the sentence.
    """
    if spec.hazards.sparse is not Lacking.STOP:
        return
    least = spec.privacy.min_cell
    names = tuple(variable.name for variable in spec.schema.modelled)
    profile = Profile(names).answer(workspace_of(spec, Fold(b"", 0), source), Context(Asked()))
    for name, share in zip(names, missing_shares(profile, least), strict=True):
        if name in source.columns and share >= MOSTLY_MISSING:
            yield (
                f"column {shown(name)!r} is missing in {MOSTLY_MISSING:.0%} of the cells or more"
                f"{but_few(least)}, for which the study stops ('hazards: {{sparse: stop}}')"
            )


def _hazards(spec: StudySpec, source: Source, people: int | None, *, sound: bool) -> Iterator[str]:
    yield from find_hazards(source, spec.schema)
    constraints = spec.schema.constraints
    if not sound or not constraints:
        return
    known = set(source.columns)
    checked = tuple(one for one in constraints if known.issuperset(one.columns))
    counts = FormulaCheck(checked).answer(workspace_of(spec, Fold(b"", 0), source), Context(Asked())).dense()
    for constraint, broken in zip(checked, counts.reshape(-1, CELLS).tolist(), strict=True):
        rows = broken[0] + (broken[2] if constraint.defines else 0)
        if rows:
            yield (
                f"the schema declares that {constraint_words(constraint)}, and {rows:,} rows here break it: a"
                " study ends where its rows do"
            )


def _shares(spec: StudySpec, people: int | None) -> tuple[float, ...]:
    """Return the shares that may be held out of the supplier's people, the one of fewer people first."""
    shares = possible_holdouts(spec)
    return shares[-1:] if people is not None and people >= FEW_PEOPLE else shares
