"""The hub's half of a fit as a protocol: phases in, requests out, until a model is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from syncline.data.codebook import Codebook
from syncline.errors import ProtocolError, StudyFailed
from syncline.protocols.asking import Reply, Request
from syncline.protocols.phase_table import MODEL, row_of
from syncline.protocols.reply_check import Round
from syncline.protocols.round_answers import Answers
from syncline.protocols.transition import Continue, Finish, PartyId
from syncline.questions.asked import Asked
from syncline.questions.known import Known
from syncline.questions.question import Context, Question
from syncline.synthesizers.agreed_facts import with_codes, without_states
from syncline.synthesizers.fit_state import FitState
from syncline.synthesizers.formulas import moments_of
from syncline.synthesizers.hazards.hazard import Hazard, severe_words
from syncline.synthesizers.hazards.rules import Severe
from syncline.synthesizers.phases.check import Check
from syncline.synthesizers.phases.ordering import CountOrders, SearchGaps
from syncline.synthesizers.phases.phase import Fitted, Phase
from syncline.synthesizers.phases.search import Search
from syncline.synthesizers.phases.structure import Confirm, Propose, Relate
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.technique import Planned


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
        asking = Round(state.round, asked, _context_of(state.phase), settings.persons)
        known = asking.take(replies, state.known)
        row = row_of(state.phase.name)
        answers = Answers.of(replies, [row.need(question.kind) for question in asked])
        after = state.phase.absorb(answers, settings)
        row.require_follows(MODEL if isinstance(after, Fitted) else after.name)
        found, excluded = _hazards(state.phase, answers, settings, known)
        hazards, excluded = (*state.hazards, *found), (*state.excluded, *excluded)
        words = severe_words(hazards)
        if words and settings.severe is Severe.STOP:
            raise StudyFailed("; ".join(words))
        if isinstance(after, Fitted):
            return Finish(replace(after, hazards=hazards, excluded=excluded, known=known))
        settings = self.settings.without(excluded)
        if isinstance(state.phase, Search) and not isinstance(after, Search):
            searches = state.phase.searched(answers, settings)
            known = without_states(known, searches, settings.schema.modelled)
        if isinstance(state.phase, Search | CountOrders | SearchGaps) and isinstance(
            after, Relate | Propose | Confirm
        ):
            searches, book = state.phase.searched(answers, settings), after.book
            known = with_codes(known, searches, (*book.columns, *book.gaps), moments_of(book.columns))
        return self._ask(FitState(state.round + 1, after, hazards, excluded, known), settings)

    def _ask(self, state: FitState, settings: FitSettings) -> Continue[FitState, Request]:
        request = Request(state.round, state.phase.questions(settings), state.phase.new_codebook())
        context = _context_of(state.phase)
        known = {party: _expected(request.questions, own, context) for party, own in state.known.items()}
        return Continue(replace(state, known=known), request, state.phase.name)


@dataclass(frozen=True, slots=True)
class Seen:
    """What looking at suppliers' data beside each other showed, and the columns to leave out."""

    hazards: tuple[Hazard, ...]
    excluded: tuple[str, ...]


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


def _hazards(
    phase: Phase, answers: Answers, settings: FitSettings, known: Mapping[PartyId, Known]
) -> tuple[tuple[Hazard, ...], tuple[str, ...]]:
    """Return what a phase's answers show of suppliers beside each other, and the columns to leave out."""
    match phase:
        case Check():
            return phase.hazards(answers, settings)
        case Search() | Propose() if len(answers.parties) > 1:
            return tuple(phase.hazards(answers, settings, known)), ()
        case _:
            return (), ()


def _context_of(phase: Phase) -> Context:
    """Return where the phase's questions are asked."""
    return Context(Asked(_codebook_of(phase)))


def _codebook_of(phase: Phase) -> Codebook | None:
    """Return the codebook in which the phase's questions count, None before it is agreed."""
    match phase:
        case Relate(book=book) | Propose(book=book) | Confirm(book=book):
            return book.codebook()
        case Planned(plan=plan):
            return plan.book.codebook()
        case _:
            return None
