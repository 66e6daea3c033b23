"""The formats in which a column's days and times are written, found by trying formats on the column itself.

Formats of one group read the same texts as other days: 05/06/2020 is a day in June or in May. One of them is
proposed only where the column proves it, by a cell that no other of them reads, or the schema's range does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product

from syncline.data.kinds import Kind
from syncline.data.variable import Variable
from syncline.preparation.column_trial import ColumnTrial
from syncline.preparation.number_proposal import flow_of
from syncline.preparation.proposal import NOTHING, StepProposal
from syncline.preparation.steps.date_format import DateFormat, Unwritten
from syncline.preparation.steps.dates import Dates
from syncline.preparation.steps.step import Step

DAYS = (
    *(("YYYY-MM-DD",), ("YYYYMMDD",), ("YYYY/M/D",), ("YYYY.M.D",), ("YYYY-M-D",)),
    *(("D.M.YYYY", "M.D.YYYY"), ("D/M/YYYY", "M/D/YYYY"), ("D-M-YYYY", "M-D-YYYY"), ("D.M. YYYY",)),
    *(("D.M.YY", "M.D.YY", "YY.M.D"), ("D/M/YY", "M/D/YY", "YY/M/D"), ("D-M-YY", "M-D-YY", "YY-M-D")),
    *(("D MMM YYYY",), ("D. MMM YYYY",), ("DMMMYYYY",), ("D-MMM-YYYY",), ("D/MMM/YYYY",), ("D.MMM.YYYY",)),
    *(("MMM D, YYYY",), ("MMM D YYYY",), ("YYYY MMM D",), ("YYYY-MMM-D",)),
    *(("DMMYYYY", "MDDYYYY"), ("DMMYY", "MDDYY", "YYMMDD")),
    *(("D MMM YY", "YY MMM D"), ("D-MMM-YY", "YY-MMM-D"), ("DMMMYY", "YYMMMD")),
)
"""Groups of formats of whole days that read the same texts."""

PARTIAL = (
    *(
        ("YYYY-MM",),
        ("YYYYMM",),
        ("M/YYYY",),
        ("M.YYYY",),
        ("MYYYY",),
        ("YYYY/M",),
        ("MMM YYYY",),
        ("MMM-YYYY",),
    ),
    *(("MMM YY",), ("MMM-YY",), ("MMMYYYY",), ("YYYY-MMM",), ("YYYY.M",), ("YYYY",)),
)
"""Formats of days of which the day, or the month too, is not written."""

CLOCKS = (
    "h:mm",
    "h:mm:ss",
    "h:mm AM",
    "h:mmAM",
    "h:mm:ss AM",
    "h.mm",
    "h.mm 'Uhr'",
    "h:mm 'Uhr'",
    "h'h'mm",
    "h AM",
)
SAMPLE = 100
"""Texts on which a group of formats is tried first."""

JOINTS = (" ", ", ", "'T'", "'_'")


def date_proposal(trial: ColumnTrial, before: Sequence[Step]) -> StepProposal:
    """Propose formats for the cells that are no days or times as they stand."""
    unread = set(trial.unread(before)) & trial.behind(before).keys()
    labels = {text: label for text, label in trial.behind(before).items() if text in unread}
    left, chosen, remarks = dict(labels), [], []
    for group in _groups(trial.variable):
        if not left:
            break
        pivot, sample = _pivot(trial.variable), dict(list(left.items())[:: 1 + len(left) // SAMPLE])
        if not any(_read(text, sample, pivot) for text in group):
            continue
        read = {text: _read(text, left, pivot) for text in group}
        best, remark = _proven(trial, before, read)
        remarks += remark
        if best is None:
            return StepProposal(remarks=tuple(remarks))
        chosen.append(best)
        remarks += _of_parts(trial, best, read[best])
        left = {text: label for text, label in left.items() if text not in read[best]}
    if not chosen:
        return NOTHING
    step = _step(trial.variable, chosen)
    if step.pivot is not None and trial.variable.range is None:
        why = "nothing says of which century years of two digits are: state the pivot"
        return StepProposal(remarks=(*remarks, why, f"- {flow_of(step)}"))
    return StepProposal((step,), (*remarks, *_of_pivot(trial.variable, step)))


def _groups(variable: Variable) -> Iterator[tuple[str, ...]]:
    if variable.kind is Kind.TIME:
        yield from ((clock,) for clock in CLOCKS)
        return
    yield from DAYS
    if variable.kind is Kind.DATE:
        yield from PARTIAL
    for group, joint, clock in product(DAYS, JOINTS, CLOCKS):
        yield tuple(f"{day}{joint}{clock}" for day in group)


def _read(text: str, labels: dict[str, str], pivot: int) -> dict[str, str]:
    """Return the moment, in ISO 8601, for each text that is written in a format."""
    form, unwritten = _format(text), Unwritten(pivot=pivot)
    return {raw: found for raw, label in labels.items() if (found := form.read(label, unwritten))}


@lru_cache(maxsize=4096)
def _format(text: str) -> DateFormat:
    return DateFormat(text)


def _pivot(variable: Variable) -> int:
    """Return the latest year that the schema allows, any where it says nothing."""
    return 2000 if variable.range is None else int(str(variable.range[1])[:4])


def _proven(
    trial: ColumnTrial, before: Sequence[Step], read: dict[str, dict[str, str]]
) -> tuple[str | None, list[str]]:
    """Return the format of a group that the column proves, or None and the reason."""
    most = max(map(len, read.values()))
    full = [text for text, found in read.items() if len(found) == most]
    others = {raw for text, found in read.items() for raw in found} - read[full[0]].keys()
    if others:
        alone = {text: set(found) - _shared(read) for text, found in read.items()}
        words = " and ".join(
            f"{trial.column.cells(texts)} days only as {text}" for text, texts in alone.items() if texts
        )
        remedy = "no one format reads them all; clean them"
        return None, [f"it holds {words} (the fewer: {trial.rows(others)}): {remedy}"]
    distinct = {tuple(read[text].values()): text for text in reversed(full)}
    if len(distinct) == 1:
        return full[0], []
    wrong = {text: trial.fit([*before, _step(trial.variable, [text])]).wrong for text in full}
    fitting = [text for text in full if wrong[text] == min(wrong.values())]
    if len(fitting) == 1:
        return fitting[0], []
    steps = [f"- {flow_of(_step(trial.variable, [text]))}" for text in fitting]
    return None, ["nothing in the column says which number is the day and which the month:", *steps]


def _shared(read: dict[str, dict[str, str]]) -> set[str]:
    """Return the texts that every format of a group reads."""
    found = [set(texts) for texts in read.values() if texts]
    return set.intersection(*found)


def _step(variable: Variable, formats: Sequence[str]) -> Dates:
    short = any(DateFormat(text).has_short_year for text in formats)
    return Dates(
        step="dates",
        columns=(variable.name,),
        formats=tuple(formats),
        pivot=_pivot(variable) if short else None,
    )


def _of_parts(trial: ColumnTrial, text: str, read: Mapping[str, str]) -> Iterator[str]:
    """Say that days of which a part is not written become the first ones, where days are asked for."""
    if (text,) in PARTIAL and trial.variable.step is None:
        yield (
            f"{trial.column.cells(read)} cells write no day, or no month ({text}): they become the first of"
            f" the month or year ({trial.rows(read)}); take them for missing where that is not meant"
        )


def _of_pivot(variable: Variable, step: Dates) -> Iterator[str]:
    if step.pivot is not None:
        yield (
            f"years of two digits are taken for {step.pivot - 99} to {step.pivot}, the schema's latest:"
            " earlier ones would come out a century late"
        )
