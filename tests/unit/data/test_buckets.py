"""Buckets of persons: one hash for each scope, even, and nothing in one scope tells of another."""

from __future__ import annotations

import numpy as np
from scipy.stats import chisquare

from syncline.data.buckets import PERSON_BUCKETS, buckets_of, joined_buckets, scope_of

PERSONS = np.random.default_rng(0).integers(-(2**63), 2**63 - 1, 20_000)
AGE, SEX = scope_of("columns", "age"), scope_of("columns", "sex")


def test_a_known_answer() -> None:
    """By another program: the scope's key is the SHA-256 of framed words, a number one block of AES-128."""
    assert AGE.hex() == "c67d5bf65eb76dad43da3b11c089a2d7"
    assert buckets_of(np.array([0, 1, -1, 2**62]), AGE).tolist() == [4, 8, 47, 13]


def test_scopes_are_told_apart_by_kind_names_and_their_bounds() -> None:
    scopes = [
        ("a",),
        ("a", ""),
        ("a", "b"),
        ("ab",),
        ("a", "b", "c"),
        ("a", "bc"),
        ("columns", "b"),
        ("tree", "b"),
    ]
    assert len({scope_of(*words) for words in scopes}) == len(scopes)


def test_buckets_are_even_in_a_scope_and_independent_between_two() -> None:
    age, sex = buckets_of(PERSONS, AGE), buckets_of(PERSONS, SEX)
    assert chisquare(np.bincount(age, minlength=PERSON_BUCKETS)).pvalue > 1e-4
    joint = np.bincount(age.astype(int) * PERSON_BUCKETS + sex, minlength=PERSON_BUCKETS**2)
    assert chisquare(joint).pvalue > 1e-4


def test_small_numbers_in_a_row_are_spread_too() -> None:
    assert chisquare(np.bincount(buckets_of(np.arange(20_000), AGE), minlength=64)).pvalue > 1e-4


def test_parts_are_joined_and_nobody_is_none() -> None:
    assert buckets_of(np.zeros(0, np.int64), AGE).tolist() == []
    assert joined_buckets([None, None]) is None
    joined = joined_buckets([buckets_of(PERSONS[:3], AGE), buckets_of(PERSONS[:2], SEX)])
    assert joined is not None
    assert len(joined) == 5
