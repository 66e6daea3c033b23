"""What a supplier remembers of the questions that it answered: it limits what may be asked next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from syncline.data.codebook import Codebook
from syncline.errors import ProtocolError
from syncline.questions.candidate_memory import CandidateMemory
from syncline.questions.rank_counts import RankColumn
from syncline.questions.tree_paths import TreePaths

MOST_REMEMBERED = 1 << 20
"""Bytes that questions of one kind remember at most."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked in a study so far.

    Attributes
    ----------
    codebook : the codebook agreed, once it is
    paths : the splits of all trees so far
    counted : names of the column sets that were counted, with coding and fold, and of the kinds of questions
        that are answered once and were
    searched : how each column was divided last, until a codebook is agreed
    closed : whether the fit is over: rows were sent, held-out ones were asked about, or a candidate came
    candidate : what was said of the one candidate that is compared; None before it came
    own : what questions of a kind remember in a form that only they read
    """

    codebook: Codebook | None = None
    paths: TreePaths = field(default_factory=TreePaths)
    counted: frozenset[str] = frozenset()
    searched: Mapping[str, RankColumn] = field(default_factory=dict)
    closed: bool = False
    candidate: CandidateMemory | None = None
    own: Mapping[str, bytes] = field(default_factory=dict)

    def remember(self, kind: str, data: bytes) -> Asked:
        """Return what was asked once questions of a kind remember ``data``, instead of what they did.

        Raises
        ------
        ProtocolError
            Where that is more than ``MOST_REMEMBERED`` bytes.
        """
        if len(data) > MOST_REMEMBERED:
            raise ProtocolError(f"{kind}: it would have to remember more than {MOST_REMEMBERED} bytes")
        return replace(self, own={**self.own, kind: data})

    def require_open(self) -> None:
        """Raise ProtocolError where the fit is over."""
        if self.closed:
            raise ProtocolError("the fit of this study is closed; nothing more is answered")

    def without_table(self) -> Asked:
        """Return what was asked without the candidate's rows."""
        if self.candidate is None:
            return self
        return replace(self, candidate=replace(self.candidate, table=b""))
