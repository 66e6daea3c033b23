"""What the two parts of spans such as 37:21 are, found by trying both forms on the column itself.

Nothing in a column says whether they are hours and minutes or minutes and seconds. The schema's range does,
where only one of the two lies in it; else a person is asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncline.preparation.column_trial import ColumnTrial
from syncline.preparation.number_proposal import flow_of
from syncline.preparation.proposal import StepProposal
from syncline.preparation.steps.spans import SpanForm, Spans, is_of_two_parts
from syncline.preparation.steps.step import Step

MOSTLY = 0.5
"""The share of the unread texts that have two parts at least."""


def span_proposal(trial: ColumnTrial, before: Sequence[Step]) -> StepProposal | None:
    """Propose the form of spans of two parts; None where the texts are no such spans."""
    behind = trial.behind(before)
    unread = [behind[text] for text in trial.unread(before) if text in behind]
    if sum(map(is_of_two_parts, unread)) <= MOSTLY * len(unread):
        return None
    steps = [Spans(step="spans", columns=(trial.variable.name,), form=form) for form in SpanForm]
    wrong = [trial.fit([*before, step]).wrong for step in steps]
    fitting = [step for step, cells in zip(steps, wrong, strict=True) if cells == min(wrong)]
    if len(fitting) == 1:
        return StepProposal((fitting[0],))
    why = "nothing says whether they are hours and minutes or minutes and seconds; put one in:"
    return StepProposal(remarks=(why, *(f"- {flow_of(step)}" for step in steps)))
