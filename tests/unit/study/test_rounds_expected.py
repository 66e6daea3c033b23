"""What the hub expects of rounds, held against studies that were run to their end."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from syncline.data.inference import infer_schema
from syncline.data.schema import Schema
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import prepare
from syncline.protocols.asking import Answering, Memory, Request
from syncline.protocols.transition import Continue, Finish
from syncline.questions.workspace import Workspace
from syncline.sources.registry import open_source
from syncline.study.rounds_expected import (
    rounds_of_comparison,
    rounds_of_study,
    rounds_while_comparing,
)
from syncline.synthesizers.fit import Fit
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.whose_rows import ALONE
from syncline.validation.comparison.comparison import Comparison, ComparisonState, Evidence
from tests.unit.validation.comparison.parties import AIMS, COMPARED, candidate, comparer, dealt, workspace


def numbers(n_rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    first = rng.normal(size=n_rows)
    return pd.DataFrame({"a": first, "b": first + rng.normal(size=n_rows), "c": rng.integers(0, 9, n_rows)})


def skewed(n_rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    paid = np.round(np.where(rng.random(n_rows) < 0.4, 0, rng.lognormal(5, 2, n_rows)), 2)
    return pd.DataFrame(
        {"paid": paid, "ward": rng.choice(list("abcde"), n_rows), "old": rng.random(n_rows) < 0.2}
    )


def expectations(frame: pd.DataFrame, method: str, *, compares: bool) -> tuple[list[int], int]:
    """Return what is expected in each round of a fit, and the rounds of the study as they are."""

    schema: Schema = infer_schema(pa.Table.from_pandas(frame))
    settings = FitSettings(schema, method)
    table = Workspace(prepare(open_source(frame), schema, Fold(b"", 0)))
    hub, supplier, memory, found, number = Fit(settings), Answering(), Memory(), [], 0
    transition = hub.start((ALONE,))
    while not isinstance(transition, Finish):
        number = transition.state.round
        found.append(rounds_of_study(transition.state, settings, compares=compares))
        reply, memory = supplier.respond(transition.request, table, memory)
        transition = hub.step(transition.state, {ALONE: reply}, frozenset())
    rows = transition.result.n_train, transition.result.n_holdout
    return found, number + 1 + (rounds_of_comparison(rows) if compares else 0)


@pytest.mark.parametrize("compares", [False, True])
@pytest.mark.parametrize("method", ["cart", "marginals"])
@pytest.mark.parametrize(
    "frame", [numbers(400), numbers(3000), skewed(2000)], ids=["small", "numbers", "skewed"]
)
def test_expectations_end_at_the_truth_and_are_near_it_before(
    frame: pd.DataFrame, method: str, compares: bool
) -> None:
    found, actual = expectations(frame, method, compares=compares)
    assert found[0] == 0, "nothing is known before rows were counted"
    assert found[-1] == actual or (method == "marginals" and found[-1] == actual + 1), (
        "a search may end early"
    )
    assert all(0.5 * actual <= expected <= 1.6 * actual + 1 for expected in found[1:])
    assert all(expected > number for number, expected in enumerate(found) if number)


def test_a_comparison_is_known_to_the_round_from_its_first_one_on() -> None:
    comparison = Comparison(candidate(1000, 9), COMPARED, AIMS, "ill", persons=True)
    batch = workspace(900, 1)
    assert batch.owner is not None
    part = np.arange(len(np.unique(batch.owner))) % 2
    parties = dealt(batch, part, 2, 10_000)
    comparers = {party: Answering(comparer(comparison)) for party in parties}
    memories = dict.fromkeys(parties, Memory())
    transition: Continue[ComparisonState, Request] | Finish[Evidence] = comparison.start(tuple(parties))
    found, number = [], 0
    rows = int((~batch.holdout).sum()), int(batch.holdout.sum())
    while isinstance(transition, Continue):
        number = transition.state.round
        found.append(rounds_while_comparing(transition.state, rows))
        replies = {}
        for party, table in parties.items():
            replies[party], memories[party] = comparers[party].respond(
                transition.request, table, memories[party]
            )
        transition = comparison.step(transition.state, replies, frozenset())
    assert set(found) == {number + 1}
    assert len(found) == rounds_of_comparison(rows)
