"""How far a question reaches: what a policy judges it by, and what its answer must look like."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a question reaches, as each party works out by itself.

    ``columns`` are those that the answer depends on, ``order`` how many of them it can count together,
    ``cells`` its size, and ``masked`` how many leading cells carry person buckets where persons are told
    apart.
    """

    columns: tuple[str, ...]
    order: int
    cells: int
    masked: int = 0
