"""A whole comparison says the same of a candidate, however the persons are dealt out to suppliers."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from syncline.validation.comparison.assessment import Criteria, assess
from syncline.validation.comparison.comparison import Comparison
from tests.unit.validation.comparison.parties import AIMS, COMPARED, candidate, dealt, run, workspace

BATCH, CANDIDATE = workspace(700, 1), candidate(1000, 9)


@cache
def said(parts: int, seed: int, cut: int) -> dict[str, object]:
    """Return all that is said of the candidate, but for what names suppliers or tests in their strata."""
    chosen = np.random.default_rng(seed).integers(0, parts, 700)
    wanted = Comparison(CANDIDATE, COMPARED, AIMS, "ill", persons=True)
    evidence = run(wanted, dealt(BATCH, chosen, parts, cut))
    document = assess(wanted.candidate, wanted.digest, evidence, Criteria(target="ill")).document()
    gate = document.pop("gate")
    document.pop("by_supplier")
    document.pop("words")
    assert isinstance(gate, dict)
    counts = [(test["name"], test["train"], test["holdout"]) for test in gate["rungs"]]  # type: ignore[index, union-attr, call-overload]
    return {**document, "rungs": counts}


@pytest.mark.parametrize(("parts", "seed", "cut"), [(1, 0, 97), (2, 1, 10_000), (5, 2, 60), (5, 3, 1)])
def test_however_persons_are_dealt_out_the_same_is_said(parts: int, seed: int, cut: int) -> None:
    assert json.dumps(said(parts, seed, cut)) == json.dumps(said(1, 0, 10_000))


def test_what_is_said_is_about_all_rows_and_persons() -> None:
    held = np.unique(BATCH.owner[BATCH.holdout])  # type: ignore[index]
    used = np.unique(BATCH.owner[~BATCH.holdout])  # type: ignore[index]
    assert said(1, 0, 10_000)["people"] == {"train": len(used), "holdout": len(held)}
    assert said(1, 0, 10_000)["rows"] == {
        "train": int((~BATCH.holdout).sum()),
        "holdout": int(BATCH.holdout.sum()),
        "synthetic": 1000,
    }


def test_a_copy_of_used_persons_does_not_pass_and_who_has_them_is_not_told() -> None:
    used = BATCH.take(np.flatnonzero(~BATCH.holdout)[:600])
    keys = tuple(np.concatenate(pair) for pair in zip(used.keys, CANDIDATE.keys, strict=True))
    status = tuple(np.concatenate(pair) for pair in zip(used.status, CANDIDATE.status, strict=True))
    leak = replace(CANDIDATE, keys=keys, status=status, owner=np.arange(len(keys[0])))
    wanted = Comparison(leak, COMPARED, AIMS, persons=True)
    evidence = run(wanted, dealt(BATCH, np.arange(700) % 3, 3, 500))
    assert not assess(wanted.candidate, wanted.digest, evidence, Criteria()).gate.passed
