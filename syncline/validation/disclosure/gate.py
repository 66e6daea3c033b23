"""The gate: a table in which people who were used are recognised more often than others is not released.

Three series of tests share one level, after Bonferroni: ``xgap`` (persons whose very row is in the table),
``gap`` (persons whom one synthetic row is much closer to than all others) and ``mia`` (persons whom a
classifier trained on staged leaks takes for members). A test fails where more persons are recognised than
chance explains, and surely more than is tolerated. Beside them stands a check of the table alone: no row may
stand in it again and again without neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syncline.data.blob import Json
from syncline.validation.disclosure.power import Selection, fewest_seen
from syncline.validation.disclosure.scores import PersonScores
from syncline.validation.disclosure.shown import CountPair, ShownPair, count_words
from syncline.validation.disclosure.shown_tests import shown_isolation, shown_membership
from syncline.validation.disclosure.sight import (
    MOST_UNSEEN,
    Sight,
    TestSeries,
    best,
    by_series,
    exact_sights,
    top_sights,
)
from syncline.validation.disclosure.sight_words import recognised_words, sight_words
from syncline.validation.disclosure.threshold_tests import (
    N_TESTS,
    Stratum,
    ThresholdTest,
    exact_tests,
    top_tests,
)

ALPHA = 0.01
"""Level of the whole gate."""

TOLERATED = 0.0025
"""Share of the training persons who may be recognisable beyond control in ``gap`` and ``mia``: our choice."""

NO_HOLDOUT = "nobody was held out, so nothing can be said of recognition: hold out a part of the persons"

TOO_FEW = (
    f"too few people were held out: not even verbatim copies of {MOST_UNSEEN:.0%} of the people used could be"
    " seen, so hold out more"
)

BLIND = (
    "blind: every test of the gate gives too many people the same score, so that not even verbatim copies of"
    f" {MOST_UNSEEN:.0%} of the people used could be seen; whole rows tell nobody apart here, so look at what"
    " single columns and keys give away"
)


@dataclass(frozen=True, slots=True)
class GateThresholds:
    """The level of the whole gate, and the tolerated share of recognisable persons."""

    alpha: float = ALPHA
    tolerated: float = TOLERATED


DEFAULT_THRESHOLDS = GateThresholds()


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate says: its tests, the failures in words, and the smallest leak that it could see.

    ``unjudged`` are reasons why it cannot judge, whatever its tests say; it passes with none of either.
    ``shown`` are the counts of each test as they may be printed; where one is hidden, so is what tells it.
    ``sights`` say what each test could see, and ``words`` what follows, beside the verdict.
    """

    tests: tuple[ThresholdTest, ...]
    failures: tuple[str, ...]
    shown: tuple[ShownPair, ...] = ()
    sights: tuple[Sight, ...] = ()
    thresholds: GateThresholds = DEFAULT_THRESHOLDS
    unjudged: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def smallest_leak(self) -> float:
        """The smallest share of the people used whose verbatim copies would be seen; 1 where none would."""
        return best("gate", self.sights).share if self.sights else 1.0

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
            "words": list(self.words),
            "ladders": [sight.to_json() for sight in by_series(self.sights)],
            "rungs": [_test(*one) for one in zip(self.tests, self.shown, self.sights, strict=True)],
        }


def _test(test: ThresholdTest, shown: ShownPair, sight: Sight) -> dict[str, Json]:
    told = None not in shown
    return {
        "train": shown[0],
        "holdout": shown[1],
        "excess": round(test.excess, 6) if told else None,
        "lower": round(test.lower, 6) if told else None,
        "p": float(f"{test.p:.0e}") if told else None,
        "tau": test.tau,
        "alpha": test.alpha,
        "fails": test.fails,
        **sight.to_json(),
    }


@dataclass(frozen=True, slots=True)
class Scores:
    """All persons by score, a stratum for each supplier: the three series' input.

    ``copies`` are rows of the synthetic table scored as if they were persons: what a copied one scores. None
    is one who is always recognised.
    """

    exact: Sequence[Stratum]
    isolation: Sequence[Stratum]
    membership: Sequence[Stratum] = ()
    copies: PersonScores | None = None


def strata(
    suppliers: Sequence[tuple[PersonScores, PersonScores]], copies: PersonScores | None = None
) -> Scores:
    """Return the input of the gate: used and held-out persons of each supplier, and what copies score."""

    def of(name: str) -> list[Stratum]:
        return [
            Stratum(getattr(train, name), getattr(held, name), train.people, held.people)
            for train, held in suppliers
        ]

    return Scores(of("exact"), of("isolation"), of("membership"), copies)


@dataclass(frozen=True, slots=True)
class PriorFindings:
    """What is known of a table without a look at scores: why it fails, and why it cannot be judged."""

    failures: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()


NOTHING_KNOWN = PriorFindings()


def without_holdout(known: PriorFindings) -> GateResult:
    """Return the result of a gate that has nobody to compare with: it does not pass."""
    return GateResult((), known.failures, unjudged=(NO_HOLDOUT, *known.unjudged))


def judge(
    scores: Scores,
    known: PriorFindings = NOTHING_KNOWN,
    thresholds: GateThresholds = DEFAULT_THRESHOLDS,
    min_cell: int = 1,
    used: int | None = None,
) -> GateResult:
    """Run the gate over merged scores, beside what is ``known`` of the table without them.

    ``used`` is how many people were used altogether, where only some of them were scored.
    """
    judged = _with_sights(scores, thresholds, min_cell)
    tests = [test for series, _ in judged for test in series.tests]
    shown = [pair for series, _ in judged for pair in series.shown]
    sights = [sight for _, own in judged for sight in own]
    people = _people(scores)
    failures = [
        _words(test, said, people, min_cell) for test, said in zip(tests, shown, strict=True) if test.fails
    ]
    unjudged = _blindness(people, sights, tests[0].alpha)
    words = (
        *sight_words(sights, people[0] if used is None else used),
        *recognised_words(tests[0], shown[0], people, min_cell),
    )
    return GateResult(
        tuple(tests),
        (*failures, *known.failures),
        tuple(shown),
        tuple(sights),
        thresholds,
        (*unjudged, *known.unjudged),
        words,
    )


def _with_sights(
    scores: Scores, thresholds: GateThresholds, min_cell: int
) -> list[tuple[TestSeries, list[Sight]]]:
    """Return all series, each with what its tests could see."""
    level, tolerated = thresholds.alpha / N_TESTS, thresholds.tolerated
    people, copies = _people(scores), scores.copies
    exact = exact_tests(scores.exact, level, 0.0)
    gap = top_tests("gap", scores.isolation, level, tolerated)
    shown = shown_isolation(exact + gap, people, min_cell)
    isolated = None if copies is None else copies.isolation
    whole = TestSeries(exact, shown[: len(exact)], scores.exact, min_cell)
    near = TestSeries(gap, shown[len(exact) :], scores.isolation, min_cell)
    found = [(whole, exact_sights(whole, isolated)), (near, top_sights(near, isolated))]
    if scores.membership:
        mia = top_tests("mia", scores.membership, level, tolerated)
        counts = shown_membership(mia, scores.membership, people, min_cell)
        likely = TestSeries(mia, counts, scores.membership, min_cell)
        found.append((likely, top_sights(likely, None if copies is None else copies.membership)))
    return found


def _people(scores: Scores) -> CountPair:
    return sum(s.n_train for s in scores.exact), sum(s.n_holdout for s in scores.exact)


def _blindness(people: CountPair, sights: Sequence[Sight], level: float) -> tuple[str, ...]:
    """Say why the gate cannot judge, where it could not even see a large leak."""
    if not best("gate", sights).blind:
        return ()
    at_best = Sight("gate", fewest_seen(people, Selection(), level, 0.0), people[0])
    return (TOO_FEW if at_best.blind else BLIND,)


def _words(test: ThresholdTest, shown: ShownPair, people: CountPair, min_cell: int) -> str:
    used, others = (
        count_words(said, count, whole, min_cell)
        for said, count, whole in zip(shown, (test.train, test.holdout), people, strict=True)
    )
    said = f"{test.name}: of those used {used} are recognised, of the others {others}"
    if None in shown:
        return f"{said}; that is surely more than is tolerated ({test.tau:.2%}) and than chance explains"
    return (
        f"{said}; beyond chance {test.excess:.2%} of those used (at least {test.lower:.2%}, tolerated"
        f" {test.tau:.2%}, p = {test.p:.0e})"
    )
