"""What is proposed for one column: steps that were tried on it, and what a person has to decide."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.preparation.steps.step import Step


@dataclass(frozen=True, slots=True)
class StepProposal:
    """Steps that the column itself bears out, and remarks, each a line, on what it does not."""

    steps: tuple[Step, ...] = ()
    remarks: tuple[str, ...] = ()

    def __add__(self, other: StepProposal) -> StepProposal:
        return StepProposal((*self.steps, *other.steps), (*self.remarks, *other.remarks))


NOTHING = StepProposal()
"""No step, and nothing to say."""
