"""Questions around other questions: noise on an answer, and sums of which nobody sees a part.

Sketches in process, of how such protections fit the port; exact samplers, and how masks are agreed, are
another matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np

from syncline.data.codebook import Codebook
from syncline.data.schema import Schema
from syncline.questions.asked import Asked
from syncline.questions.counts import Counts
from syncline.questions.question import Answer, Context, TableQuestion
from syncline.questions.sensitivity import Sensitivity
from syncline.questions.sums import Sums
from syncline.questions.workspace import Workspace

FIELD = 1 << 64


@dataclass(frozen=True, slots=True)
class _Around(TableQuestion[Sums]):
    """Ask the ``inner`` question, whose reach, scope and memory it has; its answer is integers."""

    inner: TableQuestion[Counts] | TableQuestion[Sums]
    adds: ClassVar[type[Sums]] = Sums

    @property
    def columns(self) -> tuple[str, ...]:
        return self.inner.columns

    @property
    def marginal_order(self) -> int:
        return self.inner.marginal_order

    def size(self, codebook: Codebook | None = None) -> int:
        return self.inner.size(codebook)

    def require_fits(self, schema: Schema, codebook: Codebook | None) -> None:
        self.inner.require_fits(schema, codebook)

    def after(self, asked: Asked) -> Asked:
        return self.inner.after(asked)

    def sensitivity(self, context: Context) -> Sensitivity:
        return self.inner.sensitivity(context)


@dataclass(frozen=True, slots=True)
class AddNoise(_Around):
    """Add to each integer a number of the discrete Laplace law: epsilon-differentially private for a person.

    Its scale follows from the inner question's own sensitivity for persons of at most ``rows`` rows (Ghosh,
    Roughgarden and Sundararajan 2012, doi:10.1137/09076828X).
    """

    epsilon: float
    rows: int
    kind: ClassVar[str] = "add_noise"

    def share(self, context: Context) -> float:
        """Return by what a number is less likely than the one next to it nearer to zero."""
        return float(np.exp(-self.epsilon / self.inner.sensitivity(context).l1(self.rows)))

    def answer(self, table: Workspace, context: Context) -> Sums:
        exact = integers(self.inner.answer(table, context))
        rng = np.random.default_rng(list(context.random(32)))
        ends = 1 - self.share(context)
        noise = rng.geometric(ends, len(exact)) - rng.geometric(ends, len(exact))
        return Sums(tuple(own + int(more) for own, more in zip(exact, noise, strict=True)))


@dataclass(frozen=True, slots=True)
class SecureSum(_Around):
    """Hide each party's integers behind masks that every pair of parties shares, and that cancel in the sum.

    All is counted modulo ``FIELD`` (Bonawitz et al. 2017, doi:10.1145/3133956.3133982, without dropouts).
    """

    party: int
    parties: int
    secret: int
    kind: ClassVar[str] = "secure_sum"

    def answer(self, table: Workspace, context: Context) -> Sums:
        hidden = integers(self.inner.answer(table, context))
        for one, other in combinations(range(self.parties), 2):
            if self.party in (one, other):
                shared = np.random.default_rng([self.secret, one, other]).bytes(8 * len(hidden))
                sign = 1 if self.party == one else -1
                masks = np.frombuffer(shared, "<u8").tolist()
                hidden = [(own + sign * mask) % FIELD for own, mask in zip(hidden, masks, strict=True)]
        return Sums(tuple(hidden))


def integers(answer: Answer) -> list[int]:
    """Return all integers of an answer."""
    return list(answer.values) if isinstance(answer, Sums) else answer.dense().tolist()


def opened(total: Sums) -> list[int]:
    """Return the integers of the sum over all parties, small ones of either sign."""
    return [(own + FIELD // 2) % FIELD - FIELD // 2 for own in total.values]
