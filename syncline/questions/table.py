"""The questions that exist, a line each: what is not here cannot be asked.

The table is read by the agent's daemon and by policies too, so it imports no question, and no numeric library
with it: each is loaded where it is asked or answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncline.questions.question import Question

COMPARING = "validation"
"""Permits questions about a study's synthetic table: not by their kind, but all together."""

COMPARING_MODELS = "validation.models"
"""Permits besides those about declared models."""

_COMPARING = (COMPARING, COMPARING_MODELS)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table.

    Attributes
    ----------
    kind : name of the question: on the wire, in audit logs, and in policies
    where : the module and the class that ask and answer it
    words : what leaves when it is answered, for who approves a study
    permission : what a policy names to permit it; left out, its kind
    """

    kind: str
    where: str
    words: str
    permission: str = ""

    @property
    def permitted_by(self) -> str:
        """What a policy names to permit it."""
        return self.permission or self.kind

    def load(self) -> type[Question]:
        """Return the class of the question."""
        module, _, name = self.where.partition(":")
        found: type[Question] = getattr(import_module(module), name)
        return found


_ROOM = "syncline.questions"

QUESTIONS: dict[str, Entry] = {
    entry.kind: entry
    for entry in (
        Entry("row_count", f"{_ROOM}.row_count:RowCount", "how many rows and persons there are"),
        Entry(
            "profile",
            f"{_ROOM}.profile:Profile",
            "per column, how many values fit the schema, are missing or out of range",
        ),
        Entry(
            "rank_counts",
            f"{_ROOM}.rank_counts:RankCounts",
            "per numeric column, and per gap between two of which one is never greater, how many rows lie in"
            " each interval (8 rounds)",
        ),
        Entry(
            "marginals",
            f"{_ROOM}.marginals:Marginals",
            "how many rows have each combination of one or two columns' values",
        ),
        Entry(
            "moments",
            f"{_ROOM}.moments:Moments",
            "sums of the numeric columns, of logarithms, and of their products, two by two, in fixed point",
        ),
        Entry(
            "tree_level",
            f"{_ROOM}.tree_level:TreeLevel",
            "per node of each tree, how many rows have each predictor and target bin",
        ),
        Entry(
            "formula_check",
            f"{_ROOM}.formula_check:FormulaCheck",
            "how many rows break a formula between columns (equal, sum, log, ratio, linear, span, at most)",
        ),
        Entry(
            "pair_counts",
            f"{_ROOM}.pair_counts:PairCounts",
            "per pair of columns, how many rows are in each two of at most three groups of values",
            permission="marginals",
        ),
        Entry(
            "person_count",
            f"{_ROOM}.comparison:PersonCount",
            "how many rows and persons there are, for training and held out",
            permission=COMPARING,
        ),
        Entry(
            "grow_trees",
            f"{_ROOM}.growth:GrowTrees",
            "per node of each boosted tree and value of a column, rows and sums of coarse chances",
            permission=COMPARING,
        ),
        Entry(
            "regression_sums",
            f"{_ROOM}.regression:RegressionSums",
            "sums of products by which declared models are fitted, over rows and over subgroups",
            permission=COMPARING_MODELS,
        ),
        Entry(
            "score_trees",
            f"{_ROOM}.growth:ScoreTrees",
            "how many rows have each of a few scores that the grown trees give them",
            permission=COMPARING,
        ),
        Entry(
            "score_candidate",
            f"{_ROOM}.comparison:ScoreCandidate",
            "how many rows and persons have each combination of values, and are near to synthetic rows",
            permission=COMPARING,
        ),
    )
}
"""Every question by its kind."""


def permission_of(kind: str) -> str | None:
    """Return what permits a kind of question, None where this version knows no such question."""
    entry = QUESTIONS.get(kind)
    return None if entry is None else entry.permitted_by


def comparing() -> tuple[str, ...]:
    """Return the kinds of questions about a study's synthetic table."""
    return tuple(kind for kind, entry in QUESTIONS.items() if entry.permitted_by in _COMPARING)


def permissions() -> tuple[str, ...]:
    """Return what a policy may list under ``questions``, in the order of the table."""
    named = (entry.permitted_by for entry in QUESTIONS.values())
    return tuple(dict.fromkeys(one for one in named if one not in _COMPARING))
