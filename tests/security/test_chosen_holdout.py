"""A researcher who chooses who is held out: by the study's salt, its name, its share, or by trying again."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest

import supplier_agent.tasks.opening_child as opening_round
from syncline.data.document import parse_document
from syncline.data.section import build
from syncline.preparation.fold import Fold
from syncline.protocols.asking import Request
from syncline.protocols.opening import HUB, Commitments, Openings
from syncline.questions.counts import Counts
from syncline.questions.row_count import RowCount
from syncline.study.fitting import fold_of
from syncline.study.policy import Policy
from syncline.study.spec import StudySpec
from tests.commitments import commitment_of, sealed_by_dealer
from tests.studies.harness import POLICY, Trial

STUDY = """\
syncline: 1
study: {name}
purpose: {purpose}
schema:
  variables:
    - {{name: pid, kind: identifier, role: person}}
    - {{name: age, kind: integer, range: [0, 110]}}
suppliers: [{{name: north}}, {{name: south}}]
quorum: {{min_suppliers: 2}}
synthesizer: {{method: marginals, seed: {seed}}}
validation: {{holdout: {holdout}{salt}}}
release: {{gate: none, approvals: 0}}
"""

PEOPLE = [f"p{number}" for number in range(60)]
VICTIM = "p17"


def study(name="trial", purpose="x", seed=7, holdout="0.02", salt="") -> str:
    given = f", salt: {salt}" if salt else ""
    return STUDY.format(name=name, purpose=purpose, seed=seed, holdout=holdout, salt=given)


def spec_of(**changes) -> StudySpec:
    return build(StudySpec, parse_document(study(**changes), "study"), "study")


def tables() -> dict[str, pa.Table]:
    age = np.arange(60) + 20
    whole = pa.table({"pid": PEOPLE, "age": age})
    return {"north": whole.slice(0, 30), "south": whole.slice(30)}


def holds_out_the_victim_alone(fold: Fold) -> bool:
    held = fold.holds_out([person.encode() for person in PEOPLE])
    return bool(held[PEOPLE.index(VICTIM)]) and held.sum() == 1


def tried(words: Iterator[str]) -> str:
    """Return the first word that, as a salt, holds out the victim and nobody else."""
    return next(word for word in words if holds_out_the_victim_alone(Fold(word.encode(), "0.02")))


def counted_alone(trial: Trial, name: str) -> tuple[int, int]:
    """Return how many rows a supplier uses and holds out, after an opening round that keeps to the rules."""
    parties = [*sorted(trial.tables), HUB]
    named = {party: commitment_of(trial.occasion, party, trial.contribution(party)) for party in parties}
    commitments = Commitments(trial.occasion, named)
    contributions = {party: trial.contribution(party) for party in parties}
    opened = Openings(contributions, sealed=sealed_by_dealer(commitments))
    trial.ask(name, Request(0, (), commitments=commitments))
    (counts,) = trial.ask(name, Request(1, (RowCount(),), openings=opened)).answers
    assert isinstance(counts, Counts)
    used, held = counts.dense().tolist()
    return used, held


def refusals(spec: StudySpec, **validation) -> list[str]:
    """Return the keys by which a policy refuses a study."""
    found = Policy.from_document({**POLICY, "validation": {"models": True, **validation}})
    return [refusal.key for refusal in found.permits(spec, "north")]


def test_a_salt_that_was_tried_until_it_held_out_one_person_needs_the_policys_word(tmp_path):
    """The review tried 170,000 of them; here the right one of some thousand holds out one of 60 people."""
    salt = tried(f"salt-{number}" for number in itertools.count())
    spec = spec_of(salt=salt)
    assert refusals(spec, holdout={"least": 0, "most": 0.5}) == ["validation.salt"]
    (refusal,) = Policy.from_document(dict(POLICY, validation={"holdout": {"least": 0}})).permits(
        spec, "north"
    )
    assert refusal.sentence.endswith(
        "leave out validation.salt, or this policy say validation: {salt: study}"
    )
    assert refusals(spec, salt="study") == ["validation.holdout"]
    word = {"salt": "study", "holdout": {"least": 0, "most": 0.5}}
    assert refusals(spec, **word) == []
    trial = Trial(study(salt=salt), tables(), tmp_path, policy={**POLICY, "validation": word})
    assert counted_alone(trial, "north") == (29, 1)  # the victim, whose record the floors would tell


def test_nothing_that_a_researcher_writes_changes_the_salt(tmp_path, monkeypatch):
    changes = [{}, {"name": "trial-2"}, {"purpose": "y"}, {"seed": 8}]
    openings = Openings({"north": bytes(16), "south": bytes(range(16)), HUB: bytes(16)})
    folds = {fold_of(spec_of(**change), openings).salt for change in changes}
    assert len(folds) == 1

    def of_name(spec: StudySpec, openings: Openings | None, key: bytes | None = None) -> Fold:
        label = b"syncline/holdout-salt/1\x00" + spec.study.encode()
        return Fold(hashlib.sha256(label).digest(), spec.holdout)

    names = (f"trial-{number}" for number in itertools.count())
    name = next(n for n in names if holds_out_the_victim_alone(of_name(spec_of(name=n), None)))
    policy = {**POLICY, "validation": {"holdout": {"least": 0, "most": 0.5}}}
    assert not holds_out_the_victim_alone(fold_of(spec_of(name=name), openings))
    monkeypatch.setattr(opening_round, "fold_of", of_name)  # as it was
    assert counted_alone(Trial(study(name=name), tables(), tmp_path, policy=policy), "north") == (29, 1)


@pytest.mark.parametrize("holdout", ["0.02", "0.001", "0.9", "0"])
def test_a_share_that_leaves_few_people_on_one_side_is_refused(holdout):
    spec = spec_of(holdout=holdout)
    assert refusals(spec) == ["validation.holdout"]
    assert refusals(spec, holdout={"least": 0, "most": 0.9}) == []


def test_a_share_left_to_the_number_of_people_is_within_the_bounds():
    assert refusals(spec_of(holdout="auto")) == []
    assert refusals(spec_of(holdout="auto"), holdout={"least": 0.3, "most": 0.5}) == ["validation.holdout"]
