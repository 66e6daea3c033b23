"""The phases of a study in one table: what each asks, what it needs of the answers, and what may follow.

Code, tests and ``supplier-agent studies show`` read this table. Answers merge by addition, and the driver
merges them: a phase is handed the total of all suppliers, and each supplier's own answer only where the table
says so, with the reason. Those few are what secure sums have no form for yet.

==========  ==================================================================================================
phase       purpose
==========  ==================================================================================================
open        contributions to the salt are opened, before anything is counted
check       does every supplier's data fit the schema, and how many rows are there?
search      where do the values of each column lie? Up to eight rounds
orders      which columns are never greater than another one?
gaps        how far apart are these? Up to eight rounds
relate      in a wide table: which columns are most related?
propose     which formulas and dependencies are possible?
confirm     which of them hold?
(own)       what the technique asks to learn: totals, always
people      the candidate comes, and rows and persons are counted
compare     trees grow a level a round; last, the candidate itself is compared
==========  ==================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from syncline.errors import ProtocolError


class Need(StrEnum):
    """What a phase needs of the answers to a question."""

    TOTAL = "total"
    EACH = "each"


@dataclass(frozen=True, slots=True)
class Ask:
    """A kind of question that a phase asks; ``why`` says for what it needs each supplier's own answer.

    What is ``relating`` only techniques ask that look for relations between columns.
    """

    kind: str
    why: str = ""
    relating: bool = False

    @property
    def need(self) -> Need:
        """Whether the total is enough."""
        return Need.EACH if self.why else Need.TOTAL


OWN = "(own)"
"""What stands for all phases of a technique's own, whose names the table does not know."""

MODEL = "(model)"
"""What follows once the model is there."""

END = "(end)"
"""What follows the last round of a comparison."""


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """A phase: its questions, the phases that may follow it, and whether it only looks and models nothing."""

    name: str
    asks: tuple[Ask, ...]
    follows: tuple[str, ...]
    looks: bool = False

    def need(self, kind: str) -> Need:
        """Return what the phase needs of the answers to a kind of question that it asks."""
        if self.name == OWN:
            return Need.TOTAL
        for ask in self.asks:
            if ask.kind == kind:
                return ask.need
        raise ProtocolError(f"the phase {self.name} asks no {kind}")

    def require_follows(self, name: str) -> None:
        """Raise ProtocolError unless the phase ``name`` may follow."""
        if (name if name in _ROWS or name in (MODEL, END) else OWN) not in self.follows:
            raise ProtocolError(f"the phase {name} does not follow {self.name}")


_CODED = ("relate", "propose", "confirm", OWN, MODEL)
"""What follows once the codebook is agreed."""

_BREAKS = "who breaks a formula that the schema declares is named"
_STRATA = "the disclosure gate tests the rows of each supplier apart"

PHASES = (
    PhaseRow("open", (), ("check",)),
    PhaseRow(
        "check",
        (
            Ask("row_count", "suppliers with few rows or people are named"),
            Ask("profile", "whose data does not fit the schema, or lacks a column, is named"),
        ),
        ("search",),
        looks=True,
    ),
    PhaseRow(
        "search",
        (Ask("rank_counts", "columns in another unit, constant or far from the others' are named"),),
        ("search", "orders", *_CODED),
        looks=True,
    ),
    PhaseRow("orders", (Ask("formula_check", _BREAKS),), ("gaps", *_CODED), looks=True),
    PhaseRow(
        "gaps",
        (Ask("rank_counts", "later answers of a supplier are held against its own earlier ones"),),
        ("gaps", *_CODED),
        looks=True,
    ),
    PhaseRow("relate", (Ask("pair_counts"),), ("propose",), looks=True),
    PhaseRow(
        "propose",
        (Ask("moments"), Ask("marginals", "columns that are reversed at a supplier are named")),
        ("confirm",),
        looks=True,
    ),
    PhaseRow("confirm", (Ask("formula_check", _BREAKS), Ask("marginals", relating=True)), (OWN, MODEL)),
    PhaseRow(OWN, (), (OWN, MODEL)),
    PhaseRow("people", (Ask("person_count"),), ("compare",)),
    PhaseRow(
        "compare",
        (
            Ask("grow_trees"),
            Ask("regression_sums", "declared models are compared supplier by supplier"),
            Ask("score_trees", _STRATA),
            Ask("score_candidate", _STRATA),
        ),
        ("compare", END),
    ),
)
"""Every phase of a study, in order; a study without a comparison ends with its model."""

COMPARING_PHASES = frozenset({"people", "compare"})
"""Those that a study passes only where it compares what it made."""

_ROWS = {row.name: row for row in PHASES}


def row_of(phase: str) -> PhaseRow:
    """Return the row of a phase; of one that the table does not know, that of a technique's own."""
    return _ROWS.get(phase, _ROWS[OWN])


def needs_of_each(*, compares: bool, phases: tuple[PhaseRow, ...] = PHASES) -> Iterator[tuple[str, str]]:
    """Yield what of a study needs each supplier's own answer: the kind of question, and the reason."""
    told = set()
    for row in phases:
        for ask in row.asks:
            if ask.need is Need.EACH and (compares or row.name not in COMPARING_PHASES):
                if (ask.kind, ask.why) not in told:
                    yield ask.kind, ask.why
                told.add((ask.kind, ask.why))
