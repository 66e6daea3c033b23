"""Ask whether words and codes beside the values of a column are named states, which a study can tell apart.

The rules are those by which a schema is inferred. A preparation cannot make states: only the study's schema
can, by ``codes``. So whoever prepares a table is told what the schema would have to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from syncline.data.inference.dominance import dominates
from syncline.data.inference.draft import ROWS_OF_A_CODE
from syncline.data.inference.missing_words import is_exported, is_said
from syncline.data.labels import normal_label
from syncline.data.variable import MAX_LABEL
from syncline.preparation.column_trial import ColumnTrial
from syncline.preparation.sentinels import far_sentinels
from syncline.preparation.steps.step import Step
from syncline.preparation.yaml_flow import flow


def state_remarks(trial: ColumnTrial, steps: Sequence[Step]) -> Iterator[str]:
    """Yield what the schema would have to say so that the states of a column stay apart from missing."""
    variable = trial.variable
    if variable.is_categorical:
        return
    states = {label: cells for label, cells in _states(trial, steps).items() if label not in variable.codes}
    if states:
        cells = ", ".join(f"{count:,} cells hold {label!r}" for label, count in states.items())
        codes = flow({"codes": dict.fromkeys(sorted(states), "")})
        yield f"{cells}: the study keeps what that means apart from missing where its schema says"
        yield f"- {codes}"


def _states(trial: ColumnTrial, steps: Sequence[Step]) -> dict[str, int]:
    """Return the labels that are states by the rules of inference, with their cells."""
    cells: dict[str, int] = {}
    for text, held in trial.column.texts.items():
        label = normal_label(text)
        cells[label] = cells.get(label, 0) + held.cells
    unread = {normal_label(text) for text in trial.unread(steps)}
    said = {label for label in cells if is_said(label)}
    labels = tuple(label for label in cells if label not in said)
    read = np.array([label not in unread for label in labels], np.bool_)
    if not dominates(read, np.array([cells[label] for label in labels], np.int64), labels):
        return {}
    odd = [label for label in labels if label in unread]
    reasons = [label for label in said if not is_exported(label) and any(map(str.isalpha, label))]
    states = {label: cells[label] for label in odd if _is_shared(label, cells)}
    told = {label: cells[label] for label in reasons if _is_shared(label, cells)}
    states |= told if len(states) + len(told) > 1 else {}
    far = far_sentinels(trial.variable, trial.held(steps))
    states |= {label: count for label, count in far.items() if count >= ROWS_OF_A_CODE}
    return dict(sorted(states.items()))


def _is_shared(label: str, cells: dict[str, int]) -> bool:
    return 0 < len(label) <= MAX_LABEL and cells[label] >= ROWS_OF_A_CODE
