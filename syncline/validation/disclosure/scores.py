"""Persons of one table by their scores against a synthetic one: counts that add over suppliers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from syncline.validation.cell_table import CellTable
from syncline.validation.disclosure.closeness import UNITS, Ints
from syncline.validation.disclosure.membership import MEMBERSHIP_BINS, MembershipAttack
from syncline.validation.disclosure.recognition import N_BINS, NeighbourScores, Recognizer, by_person

DISTANCE_BINS = 4097
_DISTANCE_UNITS = 8

MOST_COPIES = 1000
"""Synthetic rows at most that are scored as if they were persons."""


@dataclass(frozen=True, slots=True, eq=False)
class PersonScores:
    """How many persons have each score.

    Attributes
    ----------
    people : how many persons there are
    isolation : int64 (``N_BINS``,), persons by their largest isolation
    exact : int64 (``N_BINS``,), the same of those of whom the synthetic table holds a whole row
    distance : int64 (``DISTANCE_BINS``,), persons by the bits that their closest synthetic row lacks
        to be their own, in 1/8 bit; the last bin takes the rest
    membership : int64 (``MEMBERSHIP_BINS``,), persons by what the classifier of members says
    """

    people: int
    isolation: Ints
    exact: Ints
    distance: Ints
    membership: Ints

    def __add__(self, other: PersonScores) -> PersonScores:
        return PersonScores(
            self.people + other.people,
            self.isolation + other.isolation,
            self.exact + other.exact,
            self.distance + other.distance,
            self.membership + other.membership,
        )


class Scorer:
    """Score tables of persons against one synthetic table; all it knows comes from that table alone."""

    def __init__(self, synthetic: CellTable, membership: MembershipAttack) -> None:
        self._synthetic = synthetic
        self._recognizer = Recognizer(synthetic)
        self._membership = membership

    @classmethod
    def of(cls, synthetic: CellTable, key: bytes) -> Scorer:
        """Return a scorer that learns what members look like from leaks that ``key`` draws."""
        return cls(synthetic, MembershipAttack.learnt(synthetic, key))

    def scores(self, real: CellTable) -> PersonScores:
        """Count the persons of ``real`` by their scores."""
        near = self._recognizer.neighbours(real)
        matched = np.where(self._recognizer.matched(real), near.isolation, -1)
        exact = by_person(matched, real)
        return PersonScores(
            real.n_persons,
            np.bincount(by_person(near.isolation, real), minlength=N_BINS),
            np.bincount(exact[exact >= 0], minlength=N_BINS),
            np.bincount(-by_person(-lost(near), real), minlength=DISTANCE_BINS),
            np.bincount(by_person(self._membership.scores(near), real), minlength=MEMBERSHIP_BINS),
        )

    def copies(self) -> PersonScores:
        """Count what copied persons score: rows of the table itself, evenly taken, a person each."""
        rows = self._synthetic.n_rows
        taken = np.arange(min(rows, MOST_COPIES)) * rows // min(rows, MOST_COPIES)
        rows_of = self._synthetic.take(taken)
        alone = CellTable(rows_of.schema, rows_of.keys, rows_of.status, np.arange(len(taken)))
        return self.scores(alone)


def lost(near: NeighbourScores) -> Ints:
    """Return the bits (n,) that the closest synthetic row lacks, in 1/8 bit."""
    lost: Ints = np.minimum((near.own - near.best) * _DISTANCE_UNITS // UNITS, DISTANCE_BINS - 1)
    return lost
