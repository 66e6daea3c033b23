"""The form in which a column's numbers are written, found by trying forms on the column itself.

A form is proposed where it reads every cell that any form reads, and no other form reads the same cells as
other numbers: ``1,234`` alone is 1234 or 1.234, and only the other cells, or the schema's range, say which.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import product

from syncline.data.inference.number_notation import may_be_thousands
from syncline.data.labels import normal_label
from syncline.data.section import shown
from syncline.data.variable import Variable
from syncline.preparation.column_trial import ColumnTrial
from syncline.preparation.proposal import NOTHING, StepProposal
from syncline.preparation.steps.exact_numbers import read_decimal
from syncline.preparation.steps.number_form import LIMITS, Brackets, DecimalMark, ThousandsMark, check_unit
from syncline.preparation.steps.numbers import Numbers
from syncline.preparation.steps.step import Step
from syncline.preparation.steps.units import line_between
from syncline.preparation.yaml_flow import flow

MARKS = tuple(
    (decimal, thousands)
    for decimal, thousands in product(DecimalMark, ThousandsMark)
    if (decimal, thousands)
    not in ((DecimalMark.POINT, ThousandsMark.DOT), (DecimalMark.COMMA, ThousandsMark.COMMA))
)
"""Marks that a form may have; where several read a column as the same numbers, the first is proposed."""

MOST_UNITS = 6
"""Spellings of units that are looked at in one column; text with more around its numbers is no unit."""

HUNDREDTH = Decimal("0.01")

_DIGITS = r"[0-9][0-9.,' \u00a0\u2009\u202f\u2019]*"
_HEAD, _TAIL = (
    re.compile(rf"[-+\u2212(< >=\u2264\u2265]*({_DIGITS})"),
    re.compile(rf"({_DIGITS})[-+\u2212)]*$"),
)


def number_proposal(trial: ColumnTrial, before: Sequence[Step], codes: Sequence[str]) -> StepProposal:
    """Propose a form for cells that are no numbers as they stand; ``codes`` mean missing and are left out."""
    labels = {text: label for text, label in trial.behind(before).items() if label not in codes}
    unread = [label for label in labels.values() if read_decimal(label) is None]
    if not unread and not may_be_thousands(list(labels.values())):
        return NOTHING
    units = units_of([label for label in unread if not LIMITS.match(label)])
    if len(units) > MOST_UNITS:
        return StepProposal(
            remarks=(f"its numbers stand beside {len(units)} different texts: split them, or clean them",)
        )
    bare = (
        {"": Decimal(1)}
        if not units or any(read_decimal(label) is not None for label in labels.values())
        else {}
    )
    factors, remark = _factors(trial.variable, units)
    if factors is None:
        step = _step(trial, {**dict.fromkeys(units, "FACTOR"), **bare})
        return StepProposal(remarks=(f"{remark}: give each unit the factor to the schema's", f"- {step}"))
    found = _chosen(trial, before, list(labels.values()), {**bare, **factors})
    return found + StepProposal(
        remarks=(*((remark,) if remark and found.steps else ()), *_limits(trial, labels))
    )


def units_of(labels: Sequence[str]) -> dict[str, int]:
    """Return the texts that stand before or behind the digits of labels, and how many labels have each."""
    found: defaultdict[str, int] = defaultdict(int)
    for label in labels:
        for unit in filter(None, _around(label)):
            found[unit] += 1
    return dict(found)


def _around(label: str) -> Iterator[str]:
    """Yield the text around the digits of a label, without signs and brackets."""
    head, tail = _HEAD.match(label), _TAIL.search(label)
    ends = (label[head.end(1) :], "") if head else ("", label[: tail.start(1)]) if tail else ("", "")
    for end in ends:
        unit = normal_label(end.strip("-+\u2212() "))
        try:
            check_unit(unit)
        except ValueError:
            continue
        yield unit


def _factors(variable: Variable, units: Mapping[str, int]) -> tuple[dict[str, Decimal] | None, str]:
    """Return the factor of each unit to the schema's, None where it cannot be known, and a remark."""
    spellings = {_spelling(unit) for unit in units}
    declared = variable.unit
    if spellings <= {"%"} or (declared is not None and spellings <= {_spelling(declared)}):
        return dict.fromkeys(units, Decimal(1)), ""
    if declared is None or not units:
        one = len(spellings) <= 1
        return (
            (dict.fromkeys(units, Decimal(1)), "")
            if one
            else (None, f"its numbers have {len(spellings)} units")
        )
    factors = {unit: _converted(unit, declared) for unit in units}
    known = {unit: factor for unit, factor in factors.items() if factor is not None}
    if len(known) == len(units):
        converted = [f"{shown(unit)!r}" for unit, factor in known.items() if factor != 1]
        remark = f"{', '.join(converted)} converted to the schema's {shown(declared)!r}" if converted else ""
        return known, remark
    listed = ", ".join(repr(shown(unit)) for unit in factors if unit not in known)
    return None, f"nothing says how {listed} becomes the schema's {shown(declared)!r}"


def _spelling(unit: str) -> str:
    """Return a unit as it is compared: days are day, and Kg is kg; mg is not Mg, and m no M."""
    word = unit.removesuffix(".")
    return word.casefold().removesuffix("s") if len(word) > 2 and word.isalpha() else word


def _converted(unit: str, declared: str) -> Decimal | None:
    if _spelling(unit) == _spelling(declared):
        return Decimal(1)
    try:
        slope, offset = line_between(unit, declared)
    except ValueError:
        return None
    return slope if offset == 0 and slope != 0 else None


def _chosen(
    trial: ColumnTrial, before: Sequence[Step], labels: Sequence[str], units: Mapping[str, Decimal]
) -> StepProposal:
    """Propose the only form that reads as many labels as any, or say which forms do."""
    brackets = Brackets.MINUS if any("(" in label for label in labels) else Brackets.NONE
    steps = [
        Numbers(
            step="numbers",
            columns=(trial.variable.name,),
            units=None if list(units.items()) == [("", Decimal(1))] else scaled,
            decimal=decimal,
            thousands=thousands,
            brackets=brackets,
        )
        for scaled in _scales(units)
        for decimal, thousands in MARKS
    ]
    read = {place: _numbers(step, labels) for place, step in enumerate(steps)}
    most = max(map(len, read.values()))
    plain = sum(read_decimal(label) is not None for label in labels)
    readings: dict[tuple[tuple[str, Decimal], ...], Numbers] = {}
    for place, numbers in read.items():
        if len(numbers) == most:
            readings.setdefault(tuple(sorted(numbers.items())), steps[place])
    if most == 0 or (most <= plain and len(readings) == 1):
        return NOTHING
    best = _fitting(trial, before, list(readings.values()))
    if len(best) > 1:
        forms = [f"- {flow_of(step)}" for step in best]
        return StepProposal(remarks=("nothing in the column says which of these forms is meant:", *forms))
    return StepProposal((best[0],)) if best[0] != steps[0] or units.keys() != {""} or brackets else NOTHING


def _scales(units: Mapping[str, Decimal]) -> list[dict[str, Decimal]]:
    """Return the units as they are, and percentages as hundredths too."""
    if "%" not in units:
        return [dict(units)]
    return [dict(units), {unit: HUNDREDTH if unit == "%" else factor for unit, factor in units.items()}]


def _numbers(step: Numbers, labels: Sequence[str]) -> dict[str, Decimal]:
    """Return the number that each label is read as."""
    texts = {label: text for label in labels if (text := step.form.read(label))}
    return {label: number for label, text in texts.items() if (number := read_decimal(text)) is not None}


def _fitting(trial: ColumnTrial, before: Sequence[Step], steps: list[Numbers]) -> list[Numbers]:
    """Return the steps behind which the fewest cells do not fit the schema; of percentages the plain ones."""
    wrong = [trial.fit([*before, step]).wrong for step in steps]
    best = [step for step, cells in zip(steps, wrong, strict=True) if cells == min(wrong)]
    plain = [step for step in best if HUNDREDTH not in (step.units or {}).values()]
    return plain or best


def _limits(trial: ColumnTrial, labels: Mapping[str, str]) -> Iterator[str]:
    limits = [text for text, label in labels.items() if LIMITS.match(label)]
    if limits:
        count, rows = trial.column.cells(limits), trial.rows(limits)
        choice = "say in the step by 'limits' whether they become the number, half of it or missing"
        yield f"{count} cells are limits such as '< 5' ({rows}): {choice}"


def _step(trial: ColumnTrial, units: Mapping[str, object]) -> str:
    return flow({"step": "numbers", "columns": [trial.variable.name], "units": units})


def flow_of(step: Step) -> str:
    """Return a step as a line of a document, without what is left out."""
    document = step.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True)
    return flow({"step": step.step, **document})
