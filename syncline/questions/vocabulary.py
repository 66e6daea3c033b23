"""The questions that exist, as one type. What is not in it cannot be asked."""

from __future__ import annotations

from typing import TypeAlias

from syncline.questions.comparison import Comparison
from syncline.questions.counts import Counts
from syncline.questions.formula_check import FormulaCheck
from syncline.questions.marginals import Marginals
from syncline.questions.moments import Moments, Sums
from syncline.questions.pair_counts import PairCounts
from syncline.questions.profile import Profile
from syncline.questions.rank_counts import RankCounts
from syncline.questions.row_count import RowCount
from syncline.questions.tree_level import TreeLevel

FitQuestion: TypeAlias = (
    RowCount | Profile | RankCounts | Marginals | Moments | FormulaCheck | TreeLevel | PairCounts
)
Question: TypeAlias = FitQuestion | Comparison
Answer: TypeAlias = Counts | Sums
