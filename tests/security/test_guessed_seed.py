"""A reader who guesses the seed and runs the draws backwards: a written seed is found, a drawn one is not."""

from __future__ import annotations

import hashlib

import pytest

from syncline.study.simulated_study import seed_of
from syncline.synthesizers.streams import Seed
from tests.studies.harness import Trial
from tests.unit.study.two_suppliers import STUDY, rows

TABLES = {"north": rows(400, 1), "south": rows(700, 2)}
GUESSES = [Seed.of_number(number) for number in range(2000)]


def commitment(seed: Seed) -> str:
    return hashlib.sha256(seed.secret).hexdigest()


def guessed(published: str) -> Seed | None:
    """Return the seed whose commitment a manifest holds, if trying finds it."""
    return next((seed for seed in GUESSES if commitment(seed) == published), None)


@pytest.mark.parametrize("written", [False, True])
def test_a_commitment_is_opened_by_trying_only_where_the_seed_was_written_down(written, tmp_path):
    text = STUDY if written else STUDY.replace(", seed: 7", "")
    trial = Trial(text, TABLES, tmp_path)
    seed = seed_of(trial.spec)
    found = guessed(commitment(seed))
    assert (found is not None) is written
    if found is not None:  # the draws run again, so a leaf is counted from the rows that it gave
        assert found.secret == seed.secret


def test_nothing_that_is_released_holds_the_seed(tmp_path, monkeypatch):
    secret = Seed(bytes(range(32)))
    monkeypatch.setattr("tests.studies.harness.SEED", secret)
    released = Trial(STUDY.replace(", seed: 7", ""), TABLES, tmp_path).run()
    whole = b"".join(path.read_bytes() for path in released.directory.iterdir())
    assert secret.secret not in whole
    assert secret.secret.hex().encode() not in whole
    assert commitment(secret).encode() in whole
    (released.directory / "slip.json").write_text(secret.secret.hex())
    assert secret.secret.hex() in released.printed()


def test_two_runs_without_a_seed_are_unlike(tmp_path):
    trial = Trial(STUDY.replace(", seed: 7", ""), TABLES, tmp_path)
    seeds = {seed_of(trial.spec).secret for _ in range(50)}
    assert len(seeds) == 50
    assert len({seed_of(Trial(STUDY, TABLES, tmp_path).spec).secret for _ in range(3)}) == 1
