"""No supplier who answers truly is accused, declines, or meets an internal error, whatever the study.

Studies are drawn whole: columns of all kinds, suppliers of a row or none, every flow and technique, what is
held out, predicted and declared. Each runs as ``simulate`` runs it, every hop encoded, to a written release;
and those whose suppliers all answer for themselves also between the real children of hub and agents, under
the agents' policies. A study may be refused, by one of the sentences that docs/ declare.

``SYNCLINE_DRAWN_STUDIES`` sets how many are drawn, from the seed ``SYNCLINE_DRAWN_FROM`` on.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from syncline.errors import StudyFailed
from syncline.sources.memory import TableSource
from syncline.study import comparer_scope, comparing, simulated_study
from syncline.study.comparer_scope import aims_of
from syncline.study.spec import StudySpec
from syncline.synthesizers.streams import Seed
from syncline.validation.comparison import assessment, comparer, facts, plan
from syncline.wire.exchange import HOPS
from tests.studies.drawn_studies import Drawn, draw
from tests.studies.harness import POLICY, Trial

FIRST, MANY = (int(os.environ.get(f"SYNCLINE_DRAWN_{name}", n)) for name, n in (("FROM", 0), ("STUDIES", 40)))

FOUND = {
    15: "a model whose only term has one category has a matrix of one column",
    32: "products of two columns of numbers near the largest are no numbers",
    240: "a response of two categories had three, because a rare one was merged",
    308: "few days after 1970 were drawn up to the year 750,000, which no file can write",
    1010: "a raw column of spans of time could not be sent",
}
"""Seeds of studies that once ended otherwise, and why."""

DECLARED = (
    r"fewer than \d+ people to learn from or to hold out",
    r"the data does not fit the schema: ",
    r"the data breaks constraints that the schema declares: ",
    r"is to be left out, and it is validation\.target",
    r"every column is to be left out",
    r"no supplier sent a row; add data",
)
"""Sentences by which a study may end with honest suppliers."""


PERMITTING = {**POLICY, "min_cell": 1, "validation": {"models": True, "holdout": {"least": 0, "most": 0.9}}}
"""The policy of agents who permit whatever is drawn."""


def refusal(error: StudyFailed) -> str:
    """Return the sentence of a study that was refused, which must be one of those declared."""
    sentence = str(error)
    assert any(re.search(words, sentence) for words in DECLARED), sentence
    return sentence


def simulated(drawn: Drawn, directory: Path) -> str:
    """Run a study in one process, to its release; return the sentence that refuses it, or nothing."""
    spec = StudySpec.model_validate(drawn.document)
    sources = {name: TableSource(table, name) for name, table in drawn.tables.items()}
    fold = simulated_study.fold_of_run(spec, sources, salt=b"drawn")
    seed = Seed.of_number(drawn.seed)
    try:
        outcome = simulated_study.run_study(spec, fold, sources, seed, hops=HOPS)
    except StudyFailed as error:
        return refusal(error)
    simulated_study.release_study(spec, fold, sources, outcome, seed, [], directory)
    return ""


def between_children(drawn: Drawn, directory: Path) -> str:
    """Run a study between the children of hub and agents, all in flow ``summaries``."""
    suppliers = [{"name": name} for name in drawn.tables]
    spec = StudySpec.model_validate({**drawn.document, "suppliers": suppliers})
    trial = Trial(spec.canonical().decode(), drawn.tables, directory, policy=PERMITTING)
    try:
        trial.run()
    except StudyFailed as error:
        return refusal(error)
    return ""


@pytest.mark.parametrize("number", sorted({*FOUND, *range(FIRST, FIRST + MANY)}))
def test_a_study_is_released_or_refused_by_a_declared_sentence(number, tmp_path):
    simulated(draw(number), tmp_path)


@pytest.mark.parametrize("number", [403, *range(FIRST, FIRST + MANY // 4)])
def test_a_study_in_which_a_lottery_takes_some_of_the_rows(number, tmp_path, monkeypatch):
    for module in (plan, facts, comparer, assessment):
        monkeypatch.setattr(module, "MOST_ROWS", 60)
    drawn = draw(number)
    for module in (comparer_scope, comparing):
        monkeypatch.setattr(module, "aims_of", lambda *given: replace(aims_of(*given), most_scored=40))
    simulated(drawn, tmp_path)


@pytest.mark.parametrize("number", range(FIRST, FIRST + MANY // 4))
def test_agents_who_answer_for_themselves_decline_nothing(number, tmp_path):
    between_children(draw(number), tmp_path)


def test_most_studies_that_are_drawn_come_to_an_end(tmp_path):
    """What is refused at once tries nothing: no more than half may be."""
    refused = 0
    for number in range(8):
        (tmp_path / str(number)).mkdir()
        refused += bool(simulated(draw(number), tmp_path / str(number)))
    assert refused <= 4
