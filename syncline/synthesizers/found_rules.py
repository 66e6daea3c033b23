"""Find how columns of one table follow from others, by the rounds of a fit up to where it would learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syncline.protocols.asking import Memory, Reply, Request
from syncline.protocols.in_process import run
from syncline.protocols.party import party_with
from syncline.protocols.transition import Continue, Finish, PartyId
from syncline.questions.workspace import Workspace
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.fit import Fit
from syncline.synthesizers.fit_state import FitState
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.formulas import Derived
from syncline.synthesizers.phases.phase import OwnPhase
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.tabular_model import TabularModel
from syncline.synthesizers.whose_rows import ALONE


@dataclass(frozen=True, slots=True)
class Rules:
    """What a fit computes: the gaps that columns follow from, and the formulas."""

    gaps: tuple[CodedColumn, ...]
    derived: tuple[Derived, ...]


@dataclass(frozen=True, slots=True)
class FindRules:
    """The rounds of a fit until it is known how each column is drawn."""

    fit: Fit

    def start(self, parties: tuple[PartyId, ...]) -> Continue[FitState, Request] | Finish[Rules]:
        """Return the first request."""
        return _until_planned(self.fit.start(parties))

    def step(
        self, state: FitState, replies: Mapping[PartyId, Reply], missing: frozenset[PartyId]
    ) -> Continue[FitState, Request] | Finish[Rules]:
        """Return the next request, or the rules once they are known."""
        return _until_planned(self.fit.step(state, replies, missing))


def rules_of(settings: FitSettings, table: Workspace) -> Rules:
    """Return the rules by which columns of one table follow from others."""
    return run(FindRules(Fit(settings)), {ALONE: party_with(table)}, Memory())


def _until_planned(
    transition: Continue[FitState, Request] | Finish[Fitted],
) -> Continue[FitState, Request] | Finish[Rules]:
    if isinstance(transition, Finish):
        model = transition.result.model
        rules = Rules(model.gaps, model.derived) if isinstance(model, TabularModel) else Rules((), ())
        return Finish(rules)
    phase = transition.state.phase
    if isinstance(phase, OwnPhase):
        return Finish(Rules(tuple(phase.plan.gaps.values()), phase.plan.derived))
    return transition
