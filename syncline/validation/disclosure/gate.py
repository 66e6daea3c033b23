"""The gate: a table in which people who were used are recognised more often than others is not released.

Three ladders of tests share one level, after Bonferroni: ``xgap`` (persons whose very row is in the table),
``gap`` (persons whom one synthetic row is much closer to than all others) and ``mia`` (persons whom a
classifier trained on staged leaks takes for members). A rung fails where more persons are recognised than
chance explains, and surely more than is tolerated. Beside them stands a check of the table alone: no row may
stand in it again and again without neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syncline.data.blob import Json
from syncline.validation.disclosure.ladder import (
    EXACT_STEPS_BITS,
    TOP_SHARES,
    Rung,
    Stratum,
    exact_ladder,
    smallest_leak,
    top_ladder,
)
from syncline.validation.disclosure.scores import PersonScores
from syncline.validation.disclosure.shown import Pair, ShownPair, count_words
from syncline.validation.disclosure.shown_rungs import shown_isolation, shown_membership

ALPHA = 0.01
"""Level of the whole gate."""

TOLERATED = 0.0025
"""Share of the training persons who may be recognisable beyond control in ``gap`` and ``mia``: our choice."""

MOST_UNSEEN = 0.25
"""A gate that could not see verbatim copies of so large a part of the people does not judge: our choice."""

NO_HOLDOUT = "nobody was held out, so nothing can be said of recognition: hold out a part of the persons"


TOO_FEW = (
    f"too few people were held out: not even verbatim copies of {MOST_UNSEEN:.0%} of the people used could be"
    " seen, so hold out more"
)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The level of the whole gate, and the tolerated share of recognisable persons."""

    alpha: float = ALPHA
    tolerated: float = TOLERATED


DEFAULT_THRESHOLDS = Thresholds()


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate says: its rungs, the failures in words, and the smallest leak that it could see.

    ``unjudged`` are reasons why it cannot judge, whatever its rungs say; it passes with none of either.
    ``shown`` are the counts of each rung as they may be printed; where one is hidden, so is what tells it.
    """

    rungs: tuple[Rung, ...]
    failures: tuple[str, ...]
    smallest_leak: float
    shown: tuple[ShownPair, ...] = ()
    thresholds: Thresholds = DEFAULT_THRESHOLDS
    unjudged: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the table was judged and nothing failed."""
        return not self.failures and not self.unjudged

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it does not pass: what failed, then why it could not judge."""
        return (*self.failures, *self.unjudged)

    def to_json(self) -> dict[str, Json]:
        """Return the result as in ``report.json``."""
        return {
            "passed": self.passed,
            "failures": list(self.reasons),
            "unjudged": list(self.unjudged),
            "smallest_leak": round(self.smallest_leak, 6),
            "alpha": self.thresholds.alpha,
            "tolerated": self.thresholds.tolerated,
            "defaults": {"alpha": ALPHA, "tolerated": TOLERATED},
            "rungs": [_rung(rung, shown) for rung, shown in zip(self.rungs, self.shown, strict=True)],
        }


def _rung(rung: Rung, shown: ShownPair) -> dict[str, Json]:
    told = None not in shown
    return {
        "name": rung.name,
        "train": shown[0],
        "holdout": shown[1],
        "excess": round(rung.excess, 6) if told else None,
        "lower": round(rung.lower, 6) if told else None,
        "p": float(f"{rung.p:.0e}") if told else None,
        "tau": rung.tau,
        "alpha": rung.alpha,
        "fails": rung.fails,
    }


@dataclass(frozen=True, slots=True)
class Scores:
    """All persons by score, a stratum for each supplier: the three ladders' input."""

    exact: Sequence[Stratum]
    isolation: Sequence[Stratum]
    membership: Sequence[Stratum] = ()


def strata(suppliers: Sequence[tuple[PersonScores, PersonScores]]) -> Scores:
    """Return the input of the gate: used and held-out persons of each supplier."""

    def of(name: str) -> list[Stratum]:
        return [
            Stratum(getattr(train, name), getattr(held, name), train.people, held.people)
            for train, held in suppliers
        ]

    return Scores(of("exact"), of("isolation"), of("membership"))


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a table without a look at scores: why it fails, and why it cannot be judged."""

    failures: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()


NOTHING_KNOWN = Known()


def without_holdout(known: Known) -> GateResult:
    """Return the result of a gate that has nobody to compare with: it does not pass."""
    return GateResult((), known.failures, 1.0, unjudged=(NO_HOLDOUT, *known.unjudged))


def judge(
    scores: Scores,
    known: Known = NOTHING_KNOWN,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
    min_cell: int = 1,
) -> GateResult:
    """Run the gate over merged scores, beside what is ``known`` of the table without them."""
    alpha, tolerated = thresholds.alpha, thresholds.tolerated
    cells = len(EXACT_STEPS_BITS) + (2 if scores.membership else 1) * len(TOP_SHARES)
    level = alpha / cells
    people = (sum(s.n_train for s in scores.exact), sum(s.n_holdout for s in scores.exact))
    rungs = exact_ladder(scores.exact, level, 0.0) + top_ladder("gap", scores.isolation, level, tolerated)
    shown = shown_isolation(rungs, people, min_cell)
    if scores.membership:
        members = top_ladder("mia", scores.membership, level, tolerated)
        rungs += members
        shown += shown_membership(members, scores.membership, people, min_cell)
    failures = [
        _words(rung, said, people, min_cell) for rung, said in zip(rungs, shown, strict=True) if rung.fails
    ]
    seen = smallest_leak(*people, level)
    unjudged = () if seen <= MOST_UNSEEN else (TOO_FEW,)
    return GateResult(
        tuple(rungs),
        (*failures, *known.failures),
        seen,
        tuple(shown),
        thresholds,
        (*unjudged, *known.unjudged),
    )


def _words(rung: Rung, shown: ShownPair, people: Pair, min_cell: int) -> str:
    used, others = (
        count_words(said, count, whole, min_cell)
        for said, count, whole in zip(shown, (rung.train, rung.holdout), people, strict=True)
    )
    said = f"{rung.name}: of those used {used} are recognised, of the others {others}"
    if None in shown:
        return f"{said}; that is surely more than is tolerated ({rung.tau:.2%}) and than chance explains"
    return (
        f"{said}; beyond chance {rung.excess:.2%} of those used (at least {rung.lower:.2%}, tolerated"
        f" {rung.tau:.2%}, p = {rung.p:.0e})"
    )
