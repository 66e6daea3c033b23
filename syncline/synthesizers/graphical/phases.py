"""Ask about ties until none gains any more, then for the cells of all cliques."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from syncline.data.codebook import Coding
from syncline.protocols.round_answers import Answers
from syncline.questions.marginals import Axis, Marginals
from syncline.questions.question import Question
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.graphical.cells import cells_of
from syncline.synthesizers.graphical.graph import ChordalGraph, Edge, members
from syncline.synthesizers.graphical.information import Tie
from syncline.synthesizers.graphical.model import graphical_model
from syncline.synthesizers.graphical.ties import Separated, Vertices, grow
from syncline.synthesizers.phases.phase import OwnPhase, Phase
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan

MOST_ASKED = 500
"""Possible ties of more than two columns of which a round asks at most."""


def begin_ties(plan: Plan, settings: FitSettings) -> Phase | Fitted:
    """Return the phase that counts all pairs, or the model where there is one column alone."""
    return _after(plan, settings, (), (), (), 0)


@dataclass(frozen=True, slots=True)
class CountTies(OwnPhase):
    """Count two columns that may be tied beside those that separate them, coarsely.

    Attributes
    ----------
    edges : the ties that are there
    known, gains : what was asked before, and what each gains
    asked : what is asked now
    sweep : how many rounds went before
    """

    plan: Plan
    edges: tuple[Edge, ...]
    known: tuple[Separated, ...]
    gains: tuple[int, ...]
    asked: tuple[Separated, ...]
    sweep: int
    name: ClassVar[str] = "ties"

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for the classes of all of these columns."""
        return (self._question(settings),)

    def _question(self, settings: FitSettings) -> Marginals:
        names = Vertices.of(self.plan, settings).names
        axes = (tuple(Axis(names[v], Coding.CLASSES) for v in (*s.given, *s.edge)) for s in self.asked)
        return Marginals(tuple(axes), holdout=False)

    def rounds_left(self, settings: FitSettings) -> int:
        """Return the rounds of sweeps that are left, this one among them, and that of cliques."""
        return settings.own("sweeps") - self.sweep + 1

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Add the ties that gain, and ask about those that became possible.

        A row of a person who has others tells less than a row of somebody else: there each free number must
        be worth twice as much.
        """
        penalty = settings.own("penalty") * (2 if settings.persons else 1)
        told = cells_of(self._question(settings), answers.counts(0), self.plan.book.codebook())
        gains = tuple(Tie.of(cells).gain(penalty) for cells in told)
        known = self.known + self.asked
        return _after(self.plan, settings, self.edges, known, self.gains + gains, self.sweep + 1)


def _after(
    plan: Plan,
    settings: FitSettings,
    edges: tuple[Edge, ...],
    known: tuple[Separated, ...],
    gains: tuple[int, ...],
    sweep: int,
) -> Phase | Fitted:
    edges, unknown = grow(Vertices.of(plan, settings), edges, dict(zip(known, gains, strict=True)))
    if unknown and sweep < settings.own("sweeps"):
        asked = unknown if not sweep else unknown[:MOST_ASKED]
        return CountTies(plan, edges, known, gains, asked, sweep)
    if edges:
        return CountCliques(plan, edges)
    parents = CountCliques(plan, edges).parents(settings)
    return Fitted(graphical_model(plan, settings, parents, {}), plan.book.n_train, plan.book.n_holdout)


@dataclass(frozen=True, slots=True)
class CountCliques(OwnPhase):
    """Count each column's codes beside the bins of those tied to it that are drawn before it: a clique."""

    plan: Plan
    edges: tuple[Edge, ...]
    name: ClassVar[str] = "cliques"

    def parents(self, settings: FitSettings) -> dict[str, tuple[str, ...]]:
        """Return the columns beside which each is drawn, in the order in which columns are drawn."""
        vertices = Vertices.of(self.plan, settings)
        graph = ChordalGraph.of(len(vertices.names), self.edges)
        order, before = vertices.order(graph), 0
        assert order is not None
        found = dict[str, tuple[str, ...]]()
        for v in order:
            found[vertices.names[v]] = tuple(vertices.names[u] for u in members(graph.beside[v] & before))
            before |= 1 << v
        return found

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for the cells of each column that has parents."""
        return (self._question(settings),)

    def _question(self, settings: FitSettings) -> Marginals:
        sets = tuple(
            (Axis(name, Coding.FINE), *(Axis(parent, Coding.BINS) for parent in parents))
            for name, parents in self.parents(settings).items()
            if parents
        )
        return Marginals(sets, holdout=False, persons=settings.persons)

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Return the model."""
        book, question = self.plan.book, self._question(settings)
        told = cells_of(question, answers.counts(0), book.codebook())
        cells = {axes[0].column: own for axes, own in zip(question.sets, told, strict=True)}
        model = graphical_model(self.plan, settings, self.parents(settings), cells)
        return Fitted(model, book.n_train, book.n_holdout)
