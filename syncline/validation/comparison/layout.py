"""Where each piece of the answer about a candidate stands: named arrays of counts, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod

import numpy as np

from syncline.questions.counts import Counts, Ints, Masks, concatenate
from syncline.questions.growth import Grouping, slices
from syncline.validation.comparison.candidate import Candidate
from syncline.validation.disclosure.score_places import BINS, PLACES
from syncline.validation.utility.model_people import n_cells

FOLDS = ("train", "holdout")

SCORES = tuple(BINS)
"""Histograms of persons by score, in ``PLACES`` each."""


class AnswerLayout:
    """The pieces of the answer about one candidate, in their order.

    The sets of columns and the models come first, those of both folds: their cells, ``masked`` together,
    carry person buckets where a person column is declared. Models are counted by subgroups, ``groups``, too.
    """

    def __init__(self, candidate: Candidate, groups: tuple[Grouping, ...] = ()) -> None:
        crowded, others = dict(_crowded(candidate, groups)), dict(_pieces(candidate))
        self._shapes = {
            f"{fold}.{name}": shape
            for pieces in (crowded, others)
            for fold in FOLDS
            for name, shape in pieces.items()
        }
        self.masked = len(FOLDS) * sum(map(prod, crowded.values()))
        ends = np.cumsum([prod(shape) for shape in self._shapes.values()])
        starts = dict(zip(self._shapes, [0, *ends[:-1].tolist()], strict=True))
        self._starts: Mapping[str, int] = starts
        self.size = int(ends[-1])

    def laid(self, pieces: Mapping[str, Counts | Ints], *, persons: bool) -> Counts:
        """Return all pieces as one answer."""
        parts = []
        for name, shape in self._shapes.items():
            piece = pieces[name]
            counts = piece if isinstance(piece, Counts) else Counts.of_dense(np.asarray(piece).reshape(-1))
            if counts.size != prod(shape):
                raise ValueError(f"comparison: the piece {name} has {counts.size} cells, not {prod(shape)}")
            parts.append(counts)
        return concatenate(parts, persons=persons)

    def take(self, answer: Counts, name: str) -> Ints:
        """Return one piece of an answer in its shape."""
        shape, start = self._shapes[name], self._starts[name]
        found = np.zeros(prod(shape), np.int64)
        low, high = np.searchsorted(answer.index, [start, start + len(found)])
        found[answer.index[low:high] - start] = answer.value[low:high]
        return found.reshape(shape)

    def buckets(self, answer: Counts, name: str) -> tuple[Masks, Masks] | None:
        """Return the person buckets of the cells of a set or a model, in both folds and in its shape.

        None where every row is a person.
        """
        if answer.masks is None:
            return None
        train, holdout = (self._buckets(answer.index, answer.masks, f"{fold}.{name}") for fold in FOLDS)
        return train, holdout

    def _buckets(self, index: Ints, masks: Masks, name: str) -> Masks:
        shape, start = self._shapes[name], self._starts[name]
        found = np.zeros(prod(shape), np.uint64)
        low, high = np.searchsorted(index, [start, start + len(found)])
        found[index[low:high] - start] = masks[low:high]
        return found.reshape(shape)


def _crowded(candidate: Candidate, groups: tuple[Grouping, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the names and shapes of the pieces of one fold that count rows."""
    for number, places in enumerate(candidate.sets):
        yield f"set{number}", candidate.shape_of(places)
    for number, model in enumerate(candidate.models.values()):
        yield f"model{number}", (slices(groups), n_cells(model))


def _pieces(candidate: Candidate) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the names and shapes of the pieces of one fold that count persons."""
    yield "people", (1,)
    for name in SCORES:
        yield name, (PLACES,)
    yield "alone", (len(candidate.guesses.predicates),)
    for number, attack in enumerate(candidate.attacks):
        classes, sensitive = len(attack.sizes), len(candidate.aims.sensitive)
        yield f"attack{number}.people", (1,)
        yield f"attack{number}.matched", (classes,)
        for name in ("right", "shared", "learnt"):
            yield f"attack{number}.{name}", (sensitive, classes)
