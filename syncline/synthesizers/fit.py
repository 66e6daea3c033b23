"""The hub's half of a fit as a protocol: phases in, requests out, until a model is fitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from syncline.data.blob import Array, Json, pack, unpack
from syncline.data.codebook import Codebook, Coding
from syncline.errors import ProtocolError, WireError
from syncline.protocols.asking import Reply, Request
from syncline.protocols.reply_check import Shape, require_shapes
from syncline.protocols.transition import Continue, Finish, PartyId
from syncline.questions.marginals import Axis, Marginals
from syncline.synthesizers.packing import (
    Head,
    constraint_from_json,
    take_searches,
    take_trees,
    unpack_model,
)
from syncline.synthesizers.phases.check import Check
from syncline.synthesizers.phases.compare import Compare
from syncline.synthesizers.phases.growing import CountLeaves, GrowTrees
from syncline.synthesizers.phases.phase import Answers, Fitted, Phase
from syncline.synthesizers.phases.search import Search
from syncline.synthesizers.phases.structure import Confirm, Propose
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Book, Plan


@dataclass(frozen=True, slots=True)
class FitState:
    """Where a fit stands: the number of the round that is out, and its phase."""

    round: int
    phase: Phase


@dataclass(frozen=True, slots=True)
class Fit:
    """Fit a model by asking all suppliers; every supplier of the roster answers every round."""

    settings: FitSettings

    def start(self, parties: tuple[PartyId, ...]) -> Continue[FitState, Request] | Finish[Fitted]:
        """Return the first request."""
        if not parties:
            raise ProtocolError("a fit needs at least one supplier")
        return self._ask(0, Check())

    def step(
        self, state: FitState, replies: Mapping[PartyId, Reply], missing: frozenset[PartyId]
    ) -> Continue[FitState, Request] | Finish[Fitted]:
        """Return the next request, or the fitted model.

        A supplier may be ``missing`` only in round 0, before the first answer of the fit: two questions are
        never answered by different rosters.
        """
        if missing and state.round > 0:
            raise ProtocolError("the roster is frozen by the first fit answer; a supplier's reply is missing")
        for party, reply in replies.items():
            if reply.round != state.round:
                raise ProtocolError(
                    f"supplier {party!r} answered round {reply.round} instead of {state.round}"
                )
        answers = {party: reply.answers for party, reply in replies.items()}
        self._require_shapes(state.phase, answers)
        after = state.phase.absorb(answers, self.settings)
        return Finish(after) if isinstance(after, Fitted) else self._ask(state.round + 1, after)

    def _require_shapes(self, phase: Phase, answers: Answers) -> None:
        persons, codebook = self.settings.persons, _codebook_of(phase)
        shapes = [
            Shape.of(question, codebook, persons=persons) for question in phase.questions(self.settings)
        ]
        for party in sorted(answers):
            require_shapes(party, answers[party], shapes, persons)

    def _ask(self, number: int, phase: Phase) -> Continue[FitState, Request]:
        request = Request(number, phase.questions(self.settings), phase.new_codebook())
        return Continue(FitState(number, phase), request, phase.name)


def _codebook_of(phase: Phase) -> Codebook | None:
    """Return the codebook in which the phase's questions count, None before it is agreed."""
    match phase:
        case Propose(book=book) | Confirm(book=book):
            return book.codebook()
        case GrowTrees(plan=plan) | CountLeaves(plan=plan):
            return plan.book.codebook()
        case Compare(model=model):
            return Codebook(tuple(column.codes for column in model.columns))
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
        return pack({"round": value.round, "phase": value.phase.name, "head": head}, arrays)

    def decode(self, data: bytes) -> FitState:
        """Return the state of the bytes; raise WireError where they are not one."""
        outer, arrays = unpack(data)
        try:
            take = _TAKERS[str(outer["phase"])]
            phase = take(cast("Head", outer["head"]), arrays, self.settings)
            return FitState(int(cast("int", outer["round"])), phase)
        except (KeyError, TypeError, ValueError) as error:
            raise WireError("state: this is not the state of a fit in this version") from error


_Taker = Callable[[Head, Mapping[str, Array], FitSettings], Phase]


def _check(head: Head, arrays: Mapping[str, Array], settings: FitSettings) -> Phase:
    return Check()


def _search(head: Head, arrays: Mapping[str, Array], settings: FitSettings) -> Phase:
    n_train, n_holdout, number = (int(n) for n in arrays["rows"].tolist())
    return Search(n_train, n_holdout, number, take_searches(head["searches"], arrays))


def _propose(head: Head, arrays: Mapping[str, Array], settings: FitSettings) -> Phase:
    return Propose(Book.take(head, arrays, settings.schema))


def _confirm(head: Head, arrays: Mapping[str, Array], settings: FitSettings) -> Phase:
    pairs = tuple(
        (Axis(a, Coding.FINE), Axis(b, Coding.FINE)) for a, b in cast("list[tuple[str, str]]", head["pairs"])
    )
    return Confirm(
        Book.take(head, arrays, settings.schema),
        tuple(constraint_from_json(row) for row in cast("list[Json]", head["checked"])),
        Marginals(pairs, holdout=False, persons=bool(head["persons"])),
    )


def _grow(head: Head, arrays: Mapping[str, Array], settings: FitSettings) -> Phase:
    plan = Plan.take(head, arrays, settings.schema)
    return GrowTrees(plan, take_trees(head["trees"], arrays), int(cast("int", head["level"])))


def _leaves(head: Head, arrays: Mapping[str, Array], settings: FitSettings) -> Phase:
    plan = Plan.take(head, arrays, settings.schema)
    return CountLeaves(plan, take_trees(head["trees"], arrays), int(cast("int", head["level"])))


def _compare(head: Head, arrays: Mapping[str, Array], settings: FitSettings) -> Phase:
    n_train, n_holdout = cast("list[int]", head["rows"])
    model = unpack_model(arrays["model"].tobytes(), settings.schema)
    return Compare(model, n_train, n_holdout, bool(head["fresh"]))


_TAKERS: dict[str, _Taker] = {
    Check.name: _check,
    Search.name: _search,
    Propose.name: _propose,
    Confirm.name: _confirm,
    GrowTrees.name: _grow,
    CountLeaves.name: _leaves,
    Compare.name: _compare,
}
