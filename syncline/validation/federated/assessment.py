"""What the evidence of a comparison says: the figures, the gate, and each supplier's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from syncline.data.blob import Json
from syncline.protocols.transition import PartyId
from syncline.questions.counts import Counts, Ints, merge_counts
from syncline.questions.growth import SCORE_BINS
from syncline.validation.disclosure.gate import (
    DEFAULT_THRESHOLDS,
    NOTHING_KNOWN,
    GateResult,
    Known,
    Thresholds,
    judge,
    strata,
    without_holdout,
)
from syncline.validation.disclosure.key_attack import KeyCounts
from syncline.validation.disclosure.key_figures import KeyEvidence, key_figures
from syncline.validation.disclosure.repeated import repeated_rows
from syncline.validation.disclosure.score_figures import score_figures
from syncline.validation.disclosure.scores import PersonScores
from syncline.validation.disclosure.singling_out_figures import singling_out
from syncline.validation.federated.candidate import Candidate
from syncline.validation.federated.comparer import MOST_SCORED, count_sets
from syncline.validation.federated.comparison import Evidence
from syncline.validation.federated.layout import FOLDS, SCORES, Layout
from syncline.validation.federated.trees import MOST_ROWS
from syncline.validation.metric import Metric
from syncline.validation.sampling import repeated_share
from syncline.validation.utility.distinguish import Separation, separation_figures
from syncline.validation.utility.distributions import distributions
from syncline.validation.utility.overlap import regression_figure
from syncline.validation.utility.regression import Model, fit
from syncline.validation.utility.subgroups import named, subgroup_figures
from syncline.validation.utility.tables import SetCounts, Tables
from syncline.validation.utility.tails import tails
from syncline.validation.utility.transfer import Prediction, transfer_figure


@dataclass(frozen=True, slots=True)
class Assessment:
    """All that is said of a candidate.

    Attributes
    ----------
    metrics, gate : the figures by name, and what the gate says
    distributions : each column's shares in both tables
    rows, people : how many were compared: ``train``, ``holdout`` and, of rows, ``synthetic``
    by_supplier : each supplier's own marginals beside the table
    subgroups : distances within the categories of the key columns
    """

    metrics: Mapping[str, Metric]
    gate: GateResult
    distributions: tuple[Json, ...]
    rows: Mapping[str, int]
    people: Mapping[str, int]
    by_supplier: tuple[Json, ...]
    subgroups: tuple[Json, ...]
    candidate_sha256: str
    words: tuple[str, ...] = ()

    def document(self) -> dict[str, Json]:
        """Return the assessment as in ``report.json``."""
        return {
            "gate": self.gate.to_json(),
            "metrics": {name: metric.to_json() for name, metric in self.metrics.items()},
            "distributions": list(self.distributions),
            "rows": dict(self.rows),
            "people": dict(self.people),
            "by_supplier": list(self.by_supplier),
            "subgroups": list(self.subgroups),
            "candidate_sha256": self.candidate_sha256,
            "words": list(self.words),
        }


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a study holds a candidate against.

    ``released`` is how many of the candidate's rows, the first ones, are released: None for all. ``known`` is
    what is known of the table otherwise.
    """

    min_cell: int = 11
    thresholds: Thresholds = DEFAULT_THRESHOLDS
    target: str = ""
    released: int | None = None
    known: Known = NOTHING_KNOWN


def assess(candidate: Candidate, digest: str, evidence: Evidence, judgement: Judgement) -> Assessment:
    """Return what merged and per-party counts say of a candidate."""
    layout, has_holdout = Layout(candidate), evidence.rows[1] > 0
    merged = merge_counts(evidence.answers[party] for party in sorted(evidence.answers))
    own = count_sets(candidate)
    tables = _tables(candidate, layout, merged, own, has_holdout=has_holdout)
    metrics = [
        *tables.figures(judgement.min_cell),
        *tails(tables.singles, tables.bins, judgement.min_cell),
        *_learnt(evidence, judgement),
    ]
    scores = {party: _scores(layout, answer) for party, answer in evidence.answers.items()}
    metrics += _score_figures(scores, has_holdout, judgement.min_cell, repeated_share(candidate.cells))
    metrics.append(_alone(layout, merged, has_holdout))
    groups, gap = subgroup_figures(
        tables.singles, tables.pairs, _subgroup_columns(candidate), judgement.min_cell
    )
    metrics.append(gap)
    metrics += _regressions(candidate, evidence, judgement.min_cell)
    if candidate.attacks:
        found = _key_evidence(candidate, layout, merged, has_holdout)
        metrics += key_figures(found, candidate.aims.sensitive, judgement.min_cell)
    return Assessment(
        {metric.name: metric for metric in metrics},
        _gate(candidate, scores, judgement, has_holdout),
        tuple(distributions(tables.singles, tables.bins, candidate.cells.schema, judgement.min_cell)),
        {
            "train": evidence.rows[0],
            "holdout": evidence.rows[1],
            "synthetic": candidate.cells.n_rows if judgement.released is None else judgement.released,
        },
        {"train": evidence.people[0], "holdout": evidence.people[1]},
        tuple(_by_supplier(candidate, layout, evidence, own, judgement)),
        tuple(_subgroups(named(groups, tables.bins, candidate.cells.schema))),
        digest,
        tuple(_words(evidence, judgement, candidate)),
    )


def _words(evidence: Evidence, judgement: Judgement, candidate: Candidate) -> Iterator[str]:
    """Say how the figures were measured."""
    if len(evidence.answers) > 1:
        yield (
            f"Each of the {len(evidence.answers)} suppliers compared this table with its own rows, held-out"
            " ones among them, and gave counts, which were added up: nobody pooled a row."
        )
    if judgement.released is not None:
        yield (
            f"Compared were {candidate.cells.n_rows} rows that the model draws; the first"
            f" {judgement.released} of them are released."
        )
    if max(evidence.rows) > MOST_SCORED:
        yield (
            f"Of more than {MOST_SCORED} rows of either kind a lottery took persons who have about so many,"
            " to be scored; what is counted in rows is counted in all of them."
        )
    if max(*evidence.rows, candidate.cells.n_rows) > MOST_ROWS:
        yield f"Classifiers and models of the target learnt from about {MOST_ROWS} rows of either kind."


def _tables(
    candidate: Candidate,
    layout: Layout,
    answer: Counts,
    own: Sequence[Ints],
    *,
    has_holdout: bool,
    most: int = 3,
) -> Tables:
    """Return the counts of all sets of at most ``most`` columns."""
    names = candidate.bins.names
    sets = [
        SetCounts(
            tuple(names[place] for place in places),
            own[number],
            layout.take(answer, f"train.set{number}"),
            layout.take(answer, f"holdout.set{number}") if has_holdout else None,
            layout.buckets(answer, f"set{number}") if len(places) == 1 else None,
        )
        for number, places in enumerate(candidate.sets)
        if len(places) <= most
    ]
    by_size = [tuple(found for found in sets if len(found.columns) == size) for size in (1, 2, 3)]
    return Tables(candidate.bins, *by_size)


def _learnt(evidence: Evidence, judgement: Judgement) -> list[Metric]:
    """Return what the trees tell apart, from the histograms of their scores."""
    total = merge_counts(evidence.scored[party] for party in sorted(evidence.scored)).dense() + evidence.own
    scored = total.reshape(-1, 2, SCORE_BINS)
    floor = Separation(scored[1, 0], scored[1, 1]) if evidence.rows[1] else None
    figures = separation_figures(Separation(scored[0, 0], scored[0, 1]), floor)
    return [*figures, *_predicted(scored, evidence, judgement)]


def _predicted(scored: Ints, evidence: Evidence, judgement: Judgement, least: int = 0) -> list[Metric]:
    """Return how well the target is predicted in rows by score, of which each kind has ``least`` or more."""
    if not judgement.target:
        return []
    has_holdout = evidence.rows[1] > 0
    pairs = [
        Prediction(scored[3 + 2 * n], scored[2 + 2 * n] if has_holdout else None)
        for n in range(len(evidence.questions))
        if scored[3 + 2 * n].sum(axis=1).min() >= least
    ]
    return [transfer_figure(judgement.target, pairs, has_holdout=has_holdout)]


def _scores(layout: Layout, answer: Counts) -> tuple[PersonScores, PersonScores]:
    train, holdout = (
        PersonScores(
            int(layout.take(answer, f"{fold}.people")[0]),
            *(layout.take(answer, f"{fold}.{name}") for name in SCORES),
        )
        for fold in FOLDS
    )
    return train, holdout


def _score_figures(
    scores: Mapping[PartyId, tuple[PersonScores, PersonScores]],
    has_holdout: bool,
    min_cell: int,
    repeated: float,
) -> list[Metric]:
    train, holdout = _sum([pair[0] for pair in scores.values()]), _sum([pair[1] for pair in scores.values()])
    return score_figures(train, holdout if has_holdout else None, min_cell, repeated)


def _sum(parts: Sequence[PersonScores]) -> PersonScores:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _regressions(candidate: Candidate, evidence: Evidence, min_cell: int) -> Iterator[Metric]:
    for text, step in evidence.sums.items():
        model = Model.of(text, candidate.cells)
        train, holdout = step.fits(model)
        held = holdout if evidence.rows[1] else None
        made = fit(model, candidate.cells)
        yield regression_figure(f"regression:{model.formula.text}", train, made, held, min_cell)


def _alone(layout: Layout, merged: Counts, has_holdout: bool) -> Metric:
    train, holdout = (layout.take(merged, f"{fold}.alone") for fold in FOLDS)
    people = [int(layout.take(merged, f"{fold}.people")[0]) for fold in FOLDS]
    return singling_out(train, holdout if has_holdout else None, people[0], people[1])


def _subgroup_columns(candidate: Candidate) -> list[str]:
    """Return the key columns that hold categories."""
    schema = candidate.cells.schema
    return [name for name in candidate.aims.keys if schema.variable(name).is_categorical]


def _subgroups(rows: Sequence[Json]) -> Iterator[Json]:
    for row in rows:
        assert isinstance(row, dict)
        shown = ("column", "rows", "value", "floor")
        yield {"subgroup": row["group"], **{name: row[name] for name in shown}}


def _gate(
    candidate: Candidate,
    scores: Mapping[PartyId, tuple[PersonScores, PersonScores]],
    judgement: Judgement,
    has_holdout: bool,
) -> GateResult:
    cells = candidate.cells
    released = cells if judgement.released is None else cells.take(np.arange(judgement.released))
    repeated = repeated_rows(released)
    known = judgement.known
    if repeated is not None:
        known = replace(known, failures=(*known.failures, repeated.words))
    if not has_holdout:
        return without_holdout(known)
    suppliers = strata([scores[party] for party in sorted(scores)])
    return judge(suppliers, known, judgement.thresholds, judgement.min_cell)


def _key_evidence(
    candidate: Candidate, layout: Layout, answer: Counts, has_holdout: bool
) -> list[KeyEvidence]:
    found = []
    for number, attack in enumerate(candidate.attacks):
        train = _key_counts(layout, answer, f"train.attack{number}")
        held = _key_counts(layout, answer, f"holdout.attack{number}") if has_holdout else None
        found.append(KeyEvidence(attack.level, attack, train, held))
    return found


def _key_counts(layout: Layout, answer: Counts, where: str) -> KeyCounts:
    people = int(layout.take(answer, f"{where}.people")[0])
    names = ("matched", "right", "shared", "learnt")
    return KeyCounts(people, *(layout.take(answer, f"{where}.{name}") for name in names))


def _by_supplier(
    candidate: Candidate, layout: Layout, evidence: Evidence, own: Sequence[Ints], judgement: Judgement
) -> Iterator[Json]:
    """Yield the figures of each supplier's rows alone; none where the supplier has few of them."""
    if len(evidence.answers) < 2:
        return
    min_cell = judgement.min_cell
    for party in sorted(evidence.answers):
        answer = evidence.answers[party]
        tables = _tables(candidate, layout, answer, own, has_holdout=True, most=2)
        whole = tables.singles[0]
        if whole.people() < min_cell:
            words = f"it has fewer than {min_cell} people for training, so no figure of its own is shown"
            yield {"name": str(party), "rows": None, "metrics": {}, "words": words}
            continue
        rows = int(whole.train.sum()) + int(layout.take(answer, "holdout.set0").sum())
        if whole.held_people() < min_cell:
            tables = tables.without_holdout()
        scored = evidence.scored[party].dense().reshape(-1, 2, SCORE_BINS)
        metrics = [
            *tables.variations(min_cell),
            tables.association(),
            tails(tables.singles, tables.bins, min_cell)[0],
            *_predicted(scored, evidence, judgement, min_cell),
        ]
        short = {m.name: {**m.to_json(), "detail": None} for m in metrics}
        yield {"name": str(party), "rows": rows, "metrics": short, "words": ""}  # type: ignore[dict-item]
