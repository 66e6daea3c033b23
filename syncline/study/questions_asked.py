"""Which kinds of questions a study asks, and what of it cannot be learnt from sums over all suppliers."""

from __future__ import annotations

from syncline.data.constraint import Formula
from syncline.protocols.phase_table import COMPARING_PHASES, PHASES, PhaseRow, needs_of_each
from syncline.study.spec import StudySpec
from syncline.synthesizers.wide import is_wide


def questions_of(spec: StudySpec) -> tuple[str, ...]:
    """Return the kinds of questions that a study's fit asks, each once, in the order of its phases."""
    card = spec.synthesizer.card
    phases = (row for row in phases_of_study(spec) if row.name not in COMPARING_PHASES)
    shared = (ask.kind for row in phases for ask in row.asks if card.relates or not ask.relating)
    return tuple(dict.fromkeys((*shared, *card.questions)))


def needed_of_each(spec: StudySpec) -> list[tuple[str, str]]:
    """Return the kinds of questions to which the hub needs each supplier's own answer, and what for."""
    return list(needs_of_each(compares=spec.validation is not None, phases=phases_of_study(spec)))


def phases_of_study(spec: StudySpec) -> tuple[PhaseRow, ...]:
    """Return the rows of the phase table that a study may pass through."""
    card, constraints = spec.synthesizer.card, spec.schema.constraints
    passed = {row.name for row in PHASES} - (COMPARING_PHASES if spec.validation is None else set())
    if not is_wide(len(spec.schema.modelled)):
        passed -= {"relate"}
    if not card.relates:
        passed -= {"relate", "propose"}
        if not any(constraint.defines for constraint in constraints):
            passed -= {"confirm"}
        if not any(constraint.formula is Formula.AT_MOST for constraint in constraints):
            passed -= {"orders", "gaps"}
    return tuple(row for row in PHASES if row.name in passed)
