"""The answers of a round as a phase is handed them: merged, and apart only where it needs each supplier's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from syncline.errors import ProtocolError
from syncline.protocols.asking import Reply
from syncline.protocols.one_round import merge
from syncline.protocols.phase_table import Need
from syncline.protocols.transition import PartyId
from syncline.questions.counts import Counts, merge_counts
from syncline.questions.question import Answer
from syncline.questions.sums import Sums


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to the questions of one round, which were checked to be of the shapes asked for.

    Attributes
    ----------
    parties : who answered, in sorted order
    totals : the merged answer to each question
    told : by place of the question, each party's own answer, where the phase table says that it is needed
    """

    parties: tuple[PartyId, ...]
    totals: tuple[Answer, ...]
    told: Mapping[int, Mapping[PartyId, Answer]]

    @classmethod
    def of(cls, replies: Mapping[PartyId, Reply], needs: Sequence[Need]) -> Answers:
        """Merge replies in sorted party order, and keep apart only what ``needs`` each."""
        parties = tuple(sorted(replies))
        columns = [{party: replies[party].answers[place] for party in parties} for place in range(len(needs))]
        told = {place: columns[place] for place, need in enumerate(needs) if need is Need.EACH}
        return cls(parties, tuple(_total(column) for column in columns), told)

    def counts(self, place: int) -> Counts:
        """Return the merged counts of the question at ``place``."""
        total = self.totals[place]
        assert isinstance(total, Counts)
        return total

    def sums(self, place: int) -> Sums:
        """Return the merged sums of the question at ``place``."""
        total = self.totals[place]
        assert isinstance(total, Sums)
        return total

    def each_counts(self, place: int) -> dict[PartyId, Counts]:
        """Return each party's counts, in sorted order."""
        return {party: own for party, own in self._each(place).items() if isinstance(own, Counts)}

    def each_sums(self, place: int) -> dict[PartyId, Sums]:
        """Return each party's sums, in sorted order."""
        return {party: own for party, own in self._each(place).items() if isinstance(own, Sums)}

    def _each(self, place: int) -> Mapping[PartyId, Answer]:
        if place not in self.told:
            raise ProtocolError("the phase table says that a total is enough here")
        return self.told[place]


def _total(answers: Mapping[PartyId, Answer]) -> Answer:
    every = list(answers.values())
    counts = [answer for answer in every if isinstance(answer, Counts)]
    return merge_counts(counts) if len(counts) == len(every) else reduce(merge, every)
