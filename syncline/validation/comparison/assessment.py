"""What the evidence of a comparison says: the figures, the gate, and each supplier's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from syncline.data.blob import Json
from syncline.data.schema import Schema
from syncline.protocols.transition import PartyId
from syncline.questions.counts import Counts
from syncline.validation.column_bins import TableBins
from syncline.validation.comparison.candidate import Candidate
from syncline.validation.comparison.comparison import Evidence
from syncline.validation.comparison.counted import Counted
from syncline.validation.comparison.layout import FOLDS, SCORES, AnswerLayout
from syncline.validation.comparison.parts import PartCounts, brief
from syncline.validation.comparison.trees import MOST_ROWS
from syncline.validation.disclosure.gate import (
    DEFAULT_THRESHOLDS,
    NOTHING_KNOWN,
    GateResult,
    GateThresholds,
    PriorFindings,
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
from syncline.validation.metric import Metric
from syncline.validation.sampling import repeated_share
from syncline.validation.utility.distributions import distributions
from syncline.validation.utility.formula import ModelFormula
from syncline.validation.utility.overlap import regression_figure, unexplained
from syncline.validation.utility.regression import fit
from syncline.validation.utility.subgroups import Subgroup, names_of, subgroup_figures
from syncline.validation.utility.worst_cells import with_cells

_OF_WHOLE = ("tv_1way", "tv_3way")
"""Figures that a subgroup has not: the distance itself, and sets that are not counted within it."""


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
class Criteria:
    """What a study holds a candidate against.

    ``released`` is how many of the candidate's rows, the first ones, are released: None for all. ``known`` is
    what is known of the table otherwise.
    """

    min_cell: int = 11
    thresholds: GateThresholds = DEFAULT_THRESHOLDS
    target: str = ""
    released: int | None = None
    known: PriorFindings = NOTHING_KNOWN


def assess(candidate: Candidate, digest: str, evidence: Evidence, judgement: Criteria) -> Assessment:
    """Return what merged and per-party counts say of a candidate."""
    min_cell = judgement.min_cell
    counted = Counted(candidate, evidence, judgement.target, min_cell)
    candidate, tables = counted.candidate, counted.tables
    layout, merged, has_holdout = counted.layout, counted.merged, counted.has_holdout
    metrics = _with_cells(PartCounts(tables, counted.scored).figures(min_cell), counted)
    scores = {party: _scores(candidate, layout, answer) for party, answer in evidence.answers.items()}
    metrics += _score_figures(scores, has_holdout, min_cell, repeated_share(candidate.cells))
    metrics.append(_alone(layout, merged, has_holdout, min_cell))
    groups, gap = subgroup_figures(tables, _subgroup_columns(candidate), min_cell)
    metrics.append(gap)
    metrics += _regressions(counted, min_cell)
    if candidate.attacks:
        found = _key_evidence(candidate, layout, merged, has_holdout)
        metrics += key_figures(found, candidate.aims.sensitive, min_cell)
    return Assessment(
        {metric.name: metric for metric in metrics},
        _gate(candidate, scores, judgement, evidence.people if has_holdout else None),
        tuple(distributions(tables, candidate.cells)),
        {
            "train": evidence.rows[0],
            "holdout": evidence.rows[1],
            "synthetic": candidate.cells.n_rows if judgement.released is None else judgement.released,
        },
        {"train": evidence.people[0], "holdout": evidence.people[1]},
        tuple(_by_supplier(counted, min_cell)),
        tuple(_by_subgroup(counted, groups, min_cell)),
        digest,
        tuple(_words(evidence, judgement, candidate)),
    )


def _with_cells(metrics: Sequence[Metric], counted: Counted) -> list[Metric]:
    """Return figures of which those of single columns, pairs and sets of three name their worst cells."""
    tables, schema = counted.tables, counted.candidate.cells.schema
    sets = {"tv_1way": tables.singles, "tv_2way": tables.pairs, "tv_3way": tables.triples}
    several = counted.candidate.counted_in.bins
    bins = {"tv_1way": tables.bins, "tv_2way": several[2], "tv_3way": several[3]}
    persons = counted.has_persons
    return [
        with_cells(metric, sets[metric.name], _bounds_named(bins[metric.name], schema), persons=persons)
        if metric.name in sets
        else metric
        for metric in metrics
    ]


def _bounds_named(bins: TableBins, schema: Schema) -> dict[str, list[str]]:
    """Return the names of codes in which a bin of numbers is called by where it begins."""
    names = names_of(bins, schema)
    for column in bins.columns:
        if not len(column.code):
            missing, first, *others = names[column.name]
            names[column.name] = [missing, first, *(f"from {label}" for label in others)]
    return names


def _words(evidence: Evidence, judgement: Criteria, candidate: Candidate) -> Iterator[str]:
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
    most = candidate.aims.most_scored
    if max(evidence.rows) > most:
        yield (
            f"Of more than {most} rows of either kind a lottery took persons who have about so many,"
            " to be scored; what is counted in rows is counted in all of them."
        )
    if max(*evidence.rows, candidate.cells.n_rows) > MOST_ROWS:
        yield f"Classifiers and models of the target learnt from about {MOST_ROWS} rows of either kind."


def _scores(candidate: Candidate, layout: AnswerLayout, answer: Counts) -> tuple[PersonScores, PersonScores]:
    train, holdout = (
        candidate.places.laid_out(
            int(layout.take(answer, f"{fold}.people")[0]),
            {name: layout.take(answer, f"{fold}.{name}") for name in SCORES},
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


def _regressions(counted: Counted, min_cell: int) -> Iterator[Metric]:
    rare, told, people = counted.few_of(counted.merged), counted.told, counted.models_of(counted.merged)
    for text, step in counted.evidence.sums.items():
        model = counted.models[text]
        train, holdout = step.fits(model)
        made = fit(model, counted.candidate.cells)
        held = holdout if counted.has_holdout else None
        name = f"regression:{model.formula.text}"
        is_told = told[text] and not people[text][0].few_lack(min_cell)
        yield regression_figure(name, train, made, held, min_cell, rare[text], told=is_told)
    for text in counted.candidate.aims.models:
        if text not in counted.candidate.models:
            yield unexplained(f"regression:{ModelFormula.of(text).text}", min_cell)


def _alone(layout: AnswerLayout, merged: Counts, has_holdout: bool, min_cell: int) -> Metric:
    train, holdout = (layout.take(merged, f"{fold}.alone") for fold in FOLDS)
    people = [int(layout.take(merged, f"{fold}.people")[0]) for fold in FOLDS]
    return singling_out(train, holdout if has_holdout else None, people[0], people[1], min_cell)


def _subgroup_columns(candidate: Candidate) -> list[str]:
    """Return the key columns that hold categories."""
    schema = candidate.cells.schema
    return [name for name in candidate.aims.keys if schema.variable(name).is_categorical]


def _gate(
    candidate: Candidate,
    scores: Mapping[PartyId, tuple[PersonScores, PersonScores]],
    judgement: Criteria,
    people: tuple[int, int] | None,
) -> GateResult:
    """Return what the gate says; ``people`` are those used and held out, None where nobody was held out."""
    cells = candidate.cells
    released = cells if judgement.released is None else cells.take(np.arange(judgement.released))
    repeated = repeated_rows(released)
    known = judgement.known
    if repeated is not None:
        known = replace(known, failures=(*known.failures, repeated.words))
    if people is None:
        return without_holdout(known)
    copies = candidate.places.rounded(candidate.scorer.copies())
    suppliers = strata([scores[party] for party in sorted(scores)], copies)
    return judge(suppliers, known, judgement.thresholds, judgement.min_cell, people[0])


def _key_evidence(
    candidate: Candidate, layout: AnswerLayout, answer: Counts, has_holdout: bool
) -> list[KeyEvidence]:
    found = []
    for number, attack in enumerate(candidate.attacks):
        train = _key_counts(layout, answer, f"train.attack{number}")
        held = _key_counts(layout, answer, f"holdout.attack{number}") if has_holdout else None
        found.append(KeyEvidence(attack.level, attack, train, held))
    return found


def _key_counts(layout: AnswerLayout, answer: Counts, where: str) -> KeyCounts:
    people = int(layout.take(answer, f"{where}.people")[0])
    names = ("matched", "right", "shared", "learnt")
    return KeyCounts(people, *(layout.take(answer, f"{where}.{name}") for name in names))


def _by_supplier(counted: Counted, min_cell: int) -> Iterator[Json]:
    """Yield the figures of each supplier's rows alone; none where they would tell of few people."""
    answers = counted.evidence.answers
    if len(answers) < 2:
        return
    hidden = _hidden_suppliers({party: counted.people_of(party) for party in answers}, min_cell)
    tables = counted.tables_by_party(hidden)
    for party in sorted(answers):
        if party in hidden:
            yield {"name": str(party), "rows": None, "metrics": {}, "words": hidden[party]}
            continue
        part = counted.of_supplier(party, tables[party])
        rows = sum(int(counted.layout.take(answers[party], f"{fold}.set0").sum()) for fold in FOLDS)
        yield {"name": str(party), "rows": rows, "metrics": brief(part.figures(min_cell)), "words": ""}


def _hidden_suppliers(people: Mapping[PartyId, int], min_cell: int) -> dict[PartyId, str]:
    """Return the suppliers of which nothing is shown, and why: of ``people``, each has so many for training.

    The rows of all suppliers are printed, so those that are shown leave the sum of the others. While that is
    of some, but fewer than ``min_cell`` people, the smallest supplier that is shown is hidden as well.
    """
    few = f"it has fewer than {min_cell} people for training, so no figure of its own is shown"
    rest = f"no figure of its own is shown, for it would tell of a supplier with fewer than {min_cell} people"
    hidden = {party: few for party, number in people.items() if number < min_cell}
    shown = sorted(people.keys() - hidden.keys(), key=lambda party: (people[party], party))
    while shown and 0 < sum(people[party] for party in hidden) < min_cell:
        hidden[shown.pop(0)] = rest
    return hidden


def _by_subgroup(counted: Counted, groups: Sequence[Subgroup], min_cell: int) -> Iterator[Json]:
    """Yield the distance within each subgroup, and its other figures where the table has anybody of it."""
    names = names_of(counted.candidate.bins, counted.candidate.cells.schema)
    for group in groups:
        figures = counted.of_subgroup(group).figures(min_cell) if group.is_made else []
        yield {
            "subgroup": names[group.column][group.code],
            **group.to_json(),
            "metrics": brief(figure for figure in figures if figure.name not in _OF_WHOLE),
        }
