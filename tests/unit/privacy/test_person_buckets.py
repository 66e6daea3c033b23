"""About how many persons fill so many buckets: near the truth, from the buckets to the rows."""

from __future__ import annotations

import numpy as np
import pytest

from syncline.data.buckets import PERSON_BUCKETS
from syncline.privacy.person_buckets import about_people


@pytest.mark.parametrize("people", [1, 5, 20, 60, 120])
def test_it_is_near_the_number_of_people(people: int) -> None:
    rng = np.random.default_rng(people)
    drawn = [len(np.unique(rng.integers(0, PERSON_BUCKETS, people))) for _ in range(400)]
    told = np.mean([about_people(buckets, 10_000) for buckets in drawn])
    assert abs(told - people) <= 0.08 * people + 0.5


@pytest.mark.parametrize("rows", [0, 1, 30, 63, 64, 1000])
def test_it_is_between_the_buckets_and_the_rows(rows: int) -> None:
    for buckets in range(min(rows, PERSON_BUCKETS) + 1):
        assert buckets <= about_people(buckets, rows) <= rows


def test_many_rows_of_one_person_are_one() -> None:
    assert about_people(1, 10**6) == 1
    assert about_people(PERSON_BUCKETS, 10**6) == 10**6, (
        "where all buckets are filled, rows are all that is known"
    )
