"""A whole study as one protocol: contributions are opened, a model is learnt, and its table is compared.

Its phases stand in :mod:`syncline.protocols.phase_table`. Here stands what leads from one part to the next,
and what a study makes once on its way: the draw of the salt, and the model with the seed of its table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from syncline.data.record_codec import RecordCodec
from syncline.errors import StudyFailed
from syncline.preparation.fold import Fold
from syncline.protocols.asking import Reply, Request
from syncline.protocols.opening import SaltDraw
from syncline.protocols.transition import Continue, Finish, PartyId
from syncline.questions.known import Known
from syncline.study.comparing import assess_study, comparison_of, rows_of_release
from syncline.study.contributing import Contributing, draw_salt, people_opened
from syncline.study.fitting import fold_of, settings_of
from syncline.study.flow import STEPS, DataFlow
from syncline.study.participation import flows_asked
from syncline.study.spec import StudySpec
from syncline.synthesizers.fit import Fit
from syncline.synthesizers.fit_state import FitState, phases_of
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.model_codec import stand_ins
from syncline.synthesizers.phases.phase import Phase
from syncline.synthesizers.streams import Seed
from syncline.validation.comparison.assessment import Assessment
from syncline.validation.comparison.candidate import Candidate
from syncline.validation.comparison.comparison import Comparison, ComparisonState, Evidence

_VERSION = 1

At: TypeAlias = Contributing | FitState | ComparisonState
"""Where a study stands between two rounds: contributions are being opened, a fit or a comparison goes on."""


def at_codec(spec: StudySpec) -> RecordCodec[At]:
    """Return the codec of where a study stands between two rounds."""
    kind: Any = At  # a union of records
    phases, kept = phases_of(spec.synthesizer.method), stand_ins(spec.schema)
    return RecordCodec(kind, "round of a study", _VERSION, unions={Phase: phases}, stand_ins=kept)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a study stands, and what it has made so far.

    Attributes
    ----------
    at : the round that is out
    drawn : what the salt was drawn from; None before, and where one process chose it
    learnt : the model, from the comparison on
    """

    at: At
    drawn: SaltDraw | None = None
    learnt: Fitted | None = None


@dataclass(frozen=True, slots=True)
class StudyOutcome:
    """What a study ends with: the model, and what comparing its table said, None where none was asked for."""

    stage: str
    fitted: Fitted
    assessment: Assessment | None = None


def opening_round(contributing: Contributing) -> Continue[Progress, Request]:
    """Return the first request of a study whose salt all parties draw together."""
    return Continue(Progress(contributing), Request(0, (), commitments=contributing.commitments), "open")


@dataclass(slots=True)
class Study:
    """The hub's half of a study: pure, but that it draws the table which is compared only once.

    Attributes
    ----------
    seed : what the table is drawn with
    chosen : who is held out, where one process has chosen the salt; else it follows from what is opened
    flows : each supplier's flow, where it may be another than the one asked for
    most_rows : rows that are released at most; None for any number
    candidates : the table that is compared by its digest, once there is one
    """

    spec: StudySpec
    seed: Seed
    chosen: Fold | None = None
    flows: Mapping[str, DataFlow] | None = None
    most_rows: int | None = None
    candidates: dict[str, Candidate] = field(default_factory=dict, init=False)
    _drawn: tuple[Fitted, Comparison] | None = field(default=None, init=False)

    def start(self, parties: tuple[PartyId, ...]) -> Continue[Progress, Request] | Finish[StudyOutcome]:
        """Return the first request of a study whose salt is chosen already."""
        return self._fitting(Fit(settings_of(self.spec)).start(parties), None, 1)

    def step(
        self, state: Progress, replies: Mapping[PartyId, Reply], missing: frozenset[PartyId]
    ) -> Continue[Progress, Request] | Finish[StudyOutcome]:
        """Return what follows once every party has replied; nobody may be ``missing``."""
        match state.at:
            case Contributing():
                return self._begin(state.at, replies)
            case FitState():
                fit = Fit(settings_of(self.spec))
                return self._fitting(fit.step(state.at, replies, missing), state.drawn, state.at.round + 1)
            case ComparisonState():
                assert state.learnt is not None
                comparison = self.comparison(state.learnt, state.drawn)
                return self._comparing(comparison.step(state.at, replies, missing), state.drawn, state.learnt)

    def learnt(
        self, fitted: Fitted, drawn: SaltDraw | None, number: int, stage: str = "fitted"
    ) -> Continue[Progress, Request] | Finish[StudyOutcome]:
        """Return what follows once a model is there: the comparison, as round ``number``, or the end.

        Raises
        ------
        StudyFailed
            Where more rows would be released than are allowed.
        """
        if self.spec.validation is None:
            return Finish(StudyOutcome(stage, fitted))
        self.require_few(fitted)
        parties = tuple(PartyId(name) for name in self.spec.supplier_names)
        begun = self.comparison(fitted, drawn).start(parties, number, self._compared_too(fitted))
        return self._comparing(begun, drawn, fitted)

    def comparison(self, fitted: Fitted, drawn: SaltDraw | None) -> Comparison:
        """Return the comparison of the table that the model and the seed give."""
        if self._drawn is None or self._drawn[0] is not fitted:
            made = comparison_of(self.spec, self.fold(drawn), fitted, self.seed)
            self._drawn = fitted, made
            self.candidates.clear()
            self.candidates[made.digest] = made.candidate
        return self._drawn[1]

    def fold(self, drawn: SaltDraw | None) -> Fold:
        """Return who is held out."""
        if self.chosen is not None:
            return self.chosen
        return fold_of(self.spec, None if drawn is None else drawn.openings)

    def _begin(
        self, contributing: Contributing, replies: Mapping[PartyId, Reply]
    ) -> Continue[Progress, Request] | Finish[StudyOutcome]:
        """Draw the salt of what was opened, and begin the fit; its first request carries all openings."""
        drawn = draw_salt(self.spec, contributing, replies)
        begun = Fit(settings_of(self.spec)).start(tuple(sorted(replies)), 1)
        if isinstance(begun, Continue):
            state = replace(begun.state, known=people_opened(self.spec, replies))
            begun = replace(begun, state=state, request=replace(begun.request, openings=drawn.openings))
        return self._fitting(begun, drawn, 2)

    def _fitting(
        self, transition: Continue[FitState, Request] | Finish[Fitted], drawn: SaltDraw | None, number: int
    ) -> Continue[Progress, Request] | Finish[StudyOutcome]:
        if isinstance(transition, Finish):
            return self.learnt(transition.result, drawn, number)
        return transition.with_state(Progress(transition.state, drawn))

    def _comparing(
        self,
        transition: Continue[ComparisonState, Request] | Finish[Evidence],
        drawn: SaltDraw | None,
        fitted: Fitted,
    ) -> Continue[Progress, Request] | Finish[StudyOutcome]:
        if isinstance(transition, Finish):
            comparison = self.comparison(fitted, drawn)
            said = assess_study(self.spec, fitted, comparison, transition.result)
            return Finish(StudyOutcome("assessed", fitted, said))
        return transition.with_state(Progress(transition.state, drawn, fitted))

    def _compared_too(self, fitted: Fitted) -> dict[PartyId, Known]:
        """Return what was told of the numbers of those suppliers whose same rows are compared."""
        flows = flows_asked(self.spec) if self.flows is None else self.flows
        return {
            party: Known(sizes=own.sizes, opened=own.opened)
            for party, own in fitted.known.items()
            if STEPS[flows[party]].compares_what_it_fits
        }

    def require_few(self, fitted: Fitted) -> None:
        """Raise StudyFailed where suppliers count more rows together than are released."""
        most, rows = self.most_rows, rows_of_release(self.spec, fitted)
        if most is not None and rows > most:
            raise StudyFailed(
                f"the release would have {rows} rows, more than the {most} of a release at this hub: give"
                " synthesizer.rows"
            )
