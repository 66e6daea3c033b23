"""The hub's half of a fit as a protocol: phases in, requests out, until a model is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from syncline.errors import ProtocolError, StudyFailed
from syncline.protocols.asking import Reply, Request
from syncline.protocols.phase_table import MODEL, row_of
from syncline.protocols.reply_check import RoundCheck
from syncline.protocols.round_answers import Answers
from syncline.protocols.transition import Continue, Finish, PartyId
from syncline.questions.asked import Asked
from syncline.questions.known import Known
from syncline.questions.question import Context, Question
from syncline.synthesizers.fit_state import FitState
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.hazards.hazard import severe_words
from syncline.synthesizers.hazards.rules import Severe
from syncline.synthesizers.phases.check import Check
from syncline.synthesizers.phases.phase import Phase, Seen
from syncline.synthesizers.settings import FitSettings


@dataclass(frozen=True, slots=True)
class Fit:
    """Fit a model by asking all suppliers; every supplier of the roster answers every round."""

    settings: FitSettings

    def start(
        self, parties: tuple[PartyId, ...], number: int = 0
    ) -> Continue[FitState, Request] | Finish[Fitted]:
        """Return the first request, that of round ``number``."""
        if not parties:
            raise ProtocolError("a fit needs at least one supplier")
        return self._ask(FitState(number, Check()), self.settings)

    def step(
        self, state: FitState, replies: Mapping[PartyId, Reply], missing: frozenset[PartyId]
    ) -> Continue[FitState, Request] | Finish[Fitted]:
        """Return the next request, or the fitted model.

        No supplier may be ``missing``: two questions are never answered by different rosters.
        """
        if missing:
            raise ProtocolError("the roster is frozen before the fit; a supplier's reply is missing")
        settings = self.settings.without(state.excluded)
        asked = state.phase.questions(settings)
        asking = RoundCheck(state.round, asked, _context(state.phase), settings.persons)
        known: Mapping[PartyId, Known] = asking.take(replies, state.known)
        row = row_of(state.phase.name)
        answers = Answers.of(replies, [row.need(question.kind) for question in asked])
        after = state.phase.absorb(answers, settings)
        row.require_follows(MODEL if isinstance(after, Fitted) else after.name)
        found = state.phase.beside(answers, settings, known)
        hazards, excluded = (*state.hazards, *found.hazards), (*state.excluded, *found.excluded)
        words = severe_words(hazards)
        if words and settings.severe is Severe.STOP:
            raise StudyFailed("; ".join(words))
        if isinstance(after, Fitted):
            return Finish(replace(after, hazards=hazards, excluded=excluded, known=known))
        settings = self.settings.without(excluded)
        known = state.phase.known_after(answers, settings, known, after)
        return self._ask(FitState(state.round + 1, after, hazards, excluded, known), settings)

    def _ask(self, state: FitState, settings: FitSettings) -> Continue[FitState, Request]:
        request = Request(state.round, state.phase.questions(settings), state.phase.new_codebook())
        context = _context(state.phase)
        known = {party: _expected(request.questions, own, context) for party, own in state.known.items()}
        return Continue(replace(state, known=known), request, state.phase.name)


@dataclass(frozen=True, slots=True)
class Look:
    """The rounds of a fit that only look at the data, suppliers beside each other too, and model nothing."""

    fit: Fit

    def start(self, parties: tuple[PartyId, ...]) -> Continue[FitState, Request] | Finish[Seen]:
        """Return the first request."""
        return _looking(self.fit.start(parties))

    def step(
        self, state: FitState, replies: Mapping[PartyId, Reply], missing: frozenset[PartyId]
    ) -> Continue[FitState, Request] | Finish[Seen]:
        """Return the next request, or what was seen once something would be modelled."""
        return _looking(self.fit.step(state, replies, missing))


def _looking(
    transition: Continue[FitState, Request] | Finish[Fitted],
) -> Continue[FitState, Request] | Finish[Seen]:
    if isinstance(transition, Finish):
        return Finish(Seen(transition.result.hazards, transition.result.excluded))
    state = transition.state
    if row_of(state.phase.name).looks:
        return transition
    return Finish(Seen(state.hazards, state.excluded))


def _expected(questions: tuple[Question, ...], known: Known, context: Context) -> Known:
    """Return of what is known that with which the answers to ``questions`` may be compared."""
    for question in questions:
        known = question.expects(known, context)
    return known


def _context(phase: Phase) -> Context:
    """Return where the phase's questions are asked."""
    book = phase.agreed()
    return Context(Asked(None if book is None else book.codebook()))
