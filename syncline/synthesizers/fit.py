"""The hub's half of a fit as a protocol: phases in, requests out, until a model is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from syncline.data.blob import Array, Json, pack, unpack
from syncline.data.codebook import Codebook, Coding
from syncline.errors import ProtocolError, StudyFailed, WireError
from syncline.protocols.asking import Reply, Request
from syncline.protocols.reply_check import Round
from syncline.protocols.transition import Continue, Finish, PartyId
from syncline.questions.asked import Asked
from syncline.questions.known import Known
from syncline.questions.marginals import Axis, Marginals
from syncline.questions.question import Context, Question
from syncline.synthesizers.agreed_facts import with_codes, without_states
from syncline.synthesizers.formulas import moments_of
from syncline.synthesizers.hazards.hazard import Hazard, hazards_from_json, hazards_to_json, severe_words
from syncline.synthesizers.hazards.rules import Severe
from syncline.synthesizers.known_packing import put_known, take_known
from syncline.synthesizers.neighbours import take_neighbours
from syncline.synthesizers.packing import (
    Head,
    constraint_from_json,
    take_searches,
)
from syncline.synthesizers.phases.check import Check
from syncline.synthesizers.phases.division import Sizes
from syncline.synthesizers.phases.ordering import CountOrders, SearchGaps
from syncline.synthesizers.phases.phase import Answers, Fitted, Phase
from syncline.synthesizers.phases.search import Search
from syncline.synthesizers.phases.structure import Confirm, Propose, Relate
from syncline.synthesizers.registry import technique_of
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Book
from syncline.synthesizers.technique import Planned, Taker


@dataclass(frozen=True, slots=True)
class FitState:
    """Where a fit stands: the number of the round that is out, its phase, and what the rounds before showed.

    ``excluded`` are the columns that the study leaves out because suppliers lack them, ``known`` what each
    party's answers said of its rows so far: no later one may contradict it.
    """

    round: int
    phase: Phase
    hazards: tuple[Hazard, ...] = ()
    excluded: tuple[str, ...] = ()
    known: Mapping[PartyId, Known] = field(default_factory=dict)


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
        answers = {party: reply.answers for party, reply in replies.items()}
        after = state.phase.absorb(answers, settings)
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


def is_before_learning(phase: Phase) -> bool:
    """Tell whether a phase only looks at the data, suppliers beside each other too, and models nothing."""
    return isinstance(phase, Check | Search | CountOrders | SearchGaps | Relate | Propose)


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
        case Search() | Propose() if len(answers) > 1:
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


@dataclass(frozen=True, slots=True)
class FitStateCodec:
    """Pack and unpack the state of a fit under given settings."""

    settings: FitSettings

    def encode(self, value: FitState) -> bytes:
        """Return the state as bytes."""
        arrays: dict[str, Array] = {}
        head = value.phase.put(arrays)
        outer: Head = {
            "round": value.round,
            "phase": value.phase.name,
            "head": head,
            "hazards": hazards_to_json(value.hazards),
            "excluded": list(value.excluded),
            "known": put_known(value.known, arrays),
        }
        return pack(outer, arrays)

    def decode(self, data: bytes) -> FitState:
        """Return the state of the bytes; raise WireError where they are not one."""
        outer, arrays = unpack(data)
        try:
            name = str(outer["phase"])
            take = _TAKERS.get(name) or technique_of(self.settings.method).phases[name]
            excluded = tuple(str(name) for name in cast("list[Json]", outer["excluded"]))
            phase = take(cast("Head", outer["head"]), arrays, self.settings.without(excluded))
            hazards = hazards_from_json(outer["hazards"])
            known = take_known(outer["known"], arrays)
            return FitState(int(cast("int", outer["round"])), phase, hazards, excluded, known)
        except (KeyError, TypeError, ValueError) as error:
            raise WireError("state: this is not the state of a fit in this version") from error


def _check(head: Head, arrays: Mapping[str, Array], settings: FitSettings) -> Phase:
    return Check()


def _search(head: Head, arrays: Mapping[str, Array], settings: FitSettings) -> Phase:
    return Search(*_sizes(arrays), take_searches(head["searches"], arrays))


def _sizes(arrays: Mapping[str, Array]) -> tuple[Sizes, int]:
    n_train, n_holdout, number = (int(n) for n in arrays["rows"].tolist())
    return Sizes(n_train, n_holdout), number


def _orders(head: Head, arrays: Mapping[str, Array], settings: FitSettings) -> Phase:
    asked = tuple(constraint_from_json(row) for row in cast("list[Json]", head["asked"]))
    return CountOrders(_sizes(arrays)[0], take_searches(head["searches"], arrays), asked)


def _gaps(head: Head, arrays: Mapping[str, Array], settings: FitSettings) -> Phase:
    searches = take_searches(head["searches"], arrays)
    gaps = take_searches(head["gaps_searched"], arrays, "gap")
    return SearchGaps(*_sizes(arrays), searches, gaps, Book.take(head, arrays, settings.schema))


def _relate(head: Head, arrays: Mapping[str, Array], settings: FitSettings) -> Phase:
    return Relate(Book.take(head, arrays, settings.schema))


def _propose(head: Head, arrays: Mapping[str, Array], settings: FitSettings) -> Phase:
    return Propose(Book.take(head, arrays, settings.schema), take_neighbours(settings.names, arrays))


def _confirm(head: Head, arrays: Mapping[str, Array], settings: FitSettings) -> Phase:
    pairs = tuple(
        (Axis(a, Coding.FINE), Axis(b, Coding.FINE)) for a, b in cast("list[tuple[str, str]]", head["pairs"])
    )
    return Confirm(
        Book.take(head, arrays, settings.schema),
        tuple(constraint_from_json(row) for row in cast("list[Json]", head["checked"])),
        Marginals(pairs, holdout=False, persons=bool(head["persons"])),
        take_neighbours(settings.names, arrays),
    )


_TAKERS: dict[str, Taker] = {
    Check.name: _check,
    Search.name: _search,
    CountOrders.name: _orders,
    SearchGaps.name: _gaps,
    Relate.name: _relate,
    Propose.name: _propose,
    Confirm.name: _confirm,
}
