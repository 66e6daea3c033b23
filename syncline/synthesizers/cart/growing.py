"""Grow all trees a level a round until no child is left to count, then count their leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, log2
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from syncline.protocols.round_answers import Answers
from syncline.questions.question import Question
from syncline.questions.tree_level import TreeLevel, TreeStep, bin_offsets
from syncline.synthesizers.cart.growth import GrowthRule, first_step, grow, next_step, plant
from syncline.synthesizers.cart.layout import TreeLayout
from syncline.synthesizers.cart.leaves import cart_model
from syncline.synthesizers.cart.pair_tables import (
    PairCells,
    PairTable,
    counted_pairs,
    read_pairs,
    tables_of_pairs,
    tables_of_roots,
)
from syncline.synthesizers.cart.refining import refined_model
from syncline.synthesizers.cart.tree import GrowingTree, Pending
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.leaf_draws import leaf_rows
from syncline.synthesizers.nodes import Nodes
from syncline.synthesizers.phases.phase import OwnPhase, Phase
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan

Ints = npt.NDArray[np.int64]

MIN_GAIN = 1e-5
"""The least decrease of impurity by a split, as a share of that of the root."""

LOPSIDED = 1.75
"""Trees grow so many times as deep as if all splits were even; on pbc, adult, CNSIM and
RAND HIE from 1.3 to 1.9."""


def begin_trees(plan: Plan, settings: FitSettings) -> Phase | Fitted:
    """Return the phase that counts the roots.

    Columns without predictors have no tree to grow, and where two leaves need more rows than there are none
    has: then nothing is asked to learn so.
    """
    trees = tuple(
        GrowingTree(target, Nodes.root(), Pending(), predictors=plan.predictors.get(target))
        for target in plan.targets()
    )
    rows = plan.book.n_train
    splits = settings.own("max_depth") >= 1 and rows >= 2 * leaf_rows(rows, settings)
    if not splits or all(tree.target == 0 for tree in trees):
        return CountLeaves(plan, trees, 0)
    return GrowLevel(plan, trees, 0)


def rule_of(rows: int, settings: FitSettings) -> GrowthRule:
    """Return when nodes are split under these settings."""
    return GrowthRule(leaf_rows(rows, settings), settings.own("max_depth"), MIN_GAIN, settings.min_cell)


def levels_expected(rows: int, settings: FitSettings) -> int:
    """Return how many levels are to be expected of ``rows`` training rows, no more than trees may be deep."""
    even = log2(max(rows / leaf_rows(rows, settings), 1.0))
    return max(min(settings.own("max_depth"), ceil(LOPSIDED * even)), 1)


@dataclass(frozen=True, slots=True)
class GrowLevel(OwnPhase):
    """Count one level of every tree that still grows."""

    plan: Plan
    trees: tuple[GrowingTree, ...]
    level: int
    pairs: tuple[PairTable, ...] = ()
    name: ClassVar[str] = "grow"

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for the roots and for tables of pairs, or for the smaller children of the splits just made."""
        asked = self._question(settings)
        if self.level == 0 and settings.persons:
            return asked, counted_pairs(self.plan, self.trees)
        return (asked,)

    def _question(self, settings: FitSettings) -> TreeLevel:
        if self.level == 0:
            steps = [first_step(tree) for tree in self.trees if tree.target > 0]
        else:
            steps = [next_step(tree) for tree in self.trees if len(tree.pending.node)]
        return TreeLevel(self.level, self.plan.order, tuple(steps), leaves=False, persons=settings.persons)

    def rounds_left(self, settings: FitSettings) -> int:
        """Return the levels that are left, this one among them, and the count of leaves."""
        return max(levels_expected(self.plan.book.n_train, settings) + 1 - self.level, 2)

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Split the new nodes; count leaves once nothing grows any more."""
        question, counts = self._question(settings), answers.counts(0)
        codebook = self.plan.book.codebook()
        dense, masks = counts.dense(), counts.dense_masks()
        offsets = bin_offsets(self.plan.order, codebook)
        by_target = {tree.target: tree for tree in self.trees}
        start, child, cells = question.front(), 0, list[PairCells]()
        for step in question.steps:
            end = start + len(step.counted) * question.width(step, codebook, offsets)
            children = child + 2 * len(step.split_node)
            persons = None if masks is None else np.bitwise_count(masks[child:children]).astype(np.int64)
            layout = TreeLayout.of(codebook, self.plan.order, step.target, step.places)
            if self.level == 0:
                root = dense[start:end].reshape(layout.width, layout.classes)
                cells += tables_of_roots(self.plan, by_target[step.target], layout, root)
            by_target[step.target] = self._grown(
                by_target[step.target], dense[start:end], persons, layout, settings
            )
            start, child = end, children
        trees = tuple(by_target[tree.target] for tree in self.trees)
        if self.level == 0 and settings.persons:
            cells = list(tables_of_pairs(self.plan, counted_pairs(self.plan, self.trees), answers.counts(1)))
        pairs = self.pairs if self.level else read_pairs(self.plan, cells, settings.min_cell)
        if any(tree.growing for tree in trees):
            return replace(self, trees=trees, level=self.level + 1, pairs=pairs)
        return CountLeaves(self.plan, trees, self.level + 1, pairs)

    def _grown(
        self, tree: GrowingTree, counts: Ints, persons: Ints | None, layout: TreeLayout, settings: FitSettings
    ) -> GrowingTree:
        rule = rule_of(self.plan.book.n_train, settings)
        if self.level == 0:
            return plant(tree, counts, layout, rule)
        return grow(tree, counts, persons, layout, rule, self.level)


@dataclass(frozen=True, slots=True)
class CountLeaves(OwnPhase):
    """Count the codes of every tree's target in its leaves."""

    plan: Plan
    trees: tuple[GrowingTree, ...]
    level: int
    pairs: tuple[PairTable, ...] = ()
    name: ClassVar[str] = "leaves"

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for the leaves, passing on the splits that were made last."""
        steps = []
        for tree in self.trees:
            pending, leaves = tree.pending, tree.nodes.leaves
            none = np.zeros((len(leaves), len(tree.places)), np.bool_)
            splits = pending.node, pending.predictor, pending.left
            steps.append(TreeStep(tree.target, *splits, leaves, none, tree.predictors))
        return (TreeLevel(self.level, self.plan.order, tuple(steps), leaves=True, persons=settings.persons),)

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Make the model from the leaves."""
        counts = answers.counts(0)
        nodes = {tree.target: tree.nodes for tree in self.trees}
        model = cart_model(self.plan, settings, nodes, counts.dense(), counts.dense_masks())
        book = self.plan.book
        return Fitted(refined_model(model, self.pairs, self.plan.spread), book.n_train, book.n_holdout)
