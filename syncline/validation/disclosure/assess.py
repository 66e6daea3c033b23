"""Everything that is said of disclosure, for tables that lie in one place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from syncline.validation.cell_table import CellTable
from syncline.validation.disclosure.gate import GateResult, Scores, judge
from syncline.validation.disclosure.key_attack import LATTICE, KeyAttack
from syncline.validation.disclosure.key_figures import KeyEvidence, key_figures
from syncline.validation.disclosure.ladder import Stratum
from syncline.validation.disclosure.repeated import repeated_rows
from syncline.validation.disclosure.score_figures import score_figures
from syncline.validation.disclosure.scores import PersonScores, Scorer
from syncline.validation.metric import Metric
from syncline.validation.sampling import sampled

MOST_PEOPLE = 10_000
"""Persons of either kind who are scored against the synthetic table; of more a lottery takes so many."""

NO_HOLDOUT = "nobody was held out, so nothing can be said of recognition: hold out a part of the persons"


@dataclass(frozen=True, slots=True)
class DisclosureSettings:
    """What an attacker knows and wants, and how many persons are scored.

    ``lottery`` is the key of the draw (64 bytes at most): the study's salt, one for all suppliers.
    """

    keys: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    most_people: int = MOST_PEOPLE
    lottery: bytes = b"syncline"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The figures, and what the gate says."""

    metrics: tuple[Metric, ...]
    gate: GateResult


def assess(
    real: CellTable, synthetic: CellTable, holdout: CellTable | None, settings: DisclosureSettings
) -> Disclosure:
    """Compare the persons who were used, and those held out, with a synthetic table."""
    scorer = Scorer(synthetic, settings.lottery)
    train = scorer.scores(_drawn(real, settings))
    held = None if holdout is None else scorer.scores(_drawn(holdout, settings))
    repeated = repeated_rows(synthetic)
    words = None if repeated is None else repeated.words
    gate = without_holdout(words) if held is None else judge(strata([(train, held)]), words)
    metrics = score_figures(train, held)
    if settings.keys:
        levels = list(_evidence(real, synthetic, holdout, settings))
        metrics += key_figures(levels, settings.sensitive)
    return Disclosure(tuple(metrics), gate)


def strata(suppliers: list[tuple[PersonScores, PersonScores]]) -> Scores:
    """Return the input of the gate: used and held-out persons of each supplier."""

    def of(name: str) -> list[Stratum]:
        return [
            Stratum(getattr(train, name), getattr(held, name), train.people, held.people)
            for train, held in suppliers
        ]

    return Scores(of("exact"), of("isolation"), of("membership"))


def without_holdout(repeated: str | None) -> GateResult:
    """Return the result of a gate that has nobody to compare with: it does not pass."""
    return GateResult((), (NO_HOLDOUT,) if repeated is None else (NO_HOLDOUT, repeated), 1.0)


def _drawn(table: CellTable, settings: DisclosureSettings) -> CellTable:
    return sampled(table, settings.lottery, settings.most_people, table.n_persons)


def _evidence(
    real: CellTable, synthetic: CellTable, holdout: CellTable | None, settings: DisclosureSettings
) -> Iterator[KeyEvidence]:
    for bands in LATTICE:
        attack = KeyAttack(synthetic, settings.keys, settings.sensitive, bands)
        name = "keys as they are" if bands is None else f"numbers among the keys in {bands} bands"
        held = None if holdout is None else attack.counts(holdout)
        yield KeyEvidence(name, attack, attack.counts(real), held)
