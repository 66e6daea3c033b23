"""First, whether every supplier's data fits the schema, and how many rows there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from syncline.errors import StudyFailed
from syncline.privacy.people_rule import require_enough
from syncline.protocols.round_answers import Answers
from syncline.protocols.transition import PartyId
from syncline.questions.counts import Counts
from syncline.questions.known import Known
from syncline.questions.profile import Profile
from syncline.questions.question import Question
from syncline.questions.row_count import RowCount
from syncline.synthesizers.column_search import ColumnSearch
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.hazards.supplier_sizes import SupplierSize, lacking_columns, small_tables
from syncline.synthesizers.phases.division import Sizes
from syncline.synthesizers.phases.phase import Phase, Seen
from syncline.synthesizers.phases.search import Search
from syncline.synthesizers.schema_violations import schema_violations
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.whose_rows import ALONE, whole


@dataclass(frozen=True, slots=True)
class Check(Phase):
    """Count rows and the cells that do not fit; end the study by name where the data does not fit."""

    name: ClassVar[str] = "check"

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for the number of rows and the statuses of every column."""
        return RowCount(), Profile(settings.names)

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Begin the search for values, unless the data does not fit or there is too little of it."""
        rows = answers.counts(0)
        dense, masks = rows.dense(), rows.dense_masks()
        used, held = dense.tolist() if masks is None else np.bitwise_count(masks).tolist()
        require_enough(whole(answers), used, held if settings.holds_out else None, settings.min_cell)
        profiles = answers.each_counts(1)
        problems = schema_violations(profiles, settings.schema.modelled)
        if problems:
            raise StudyFailed("the data does not fit the schema: " + "; ".join(problems))
        most = settings.card.most_rows
        if most is not None and int(dense[0]) > most:
            raise StudyFailed(
                f"{whole(answers)} more than {most} rows, beyond which {settings.method} is not exact;"
                " use a sample, or a method without such a limit"
            )
        excluded = self.beside(answers, settings, {}).excluded
        left = settings.without(excluded).schema.modelled
        begun = tuple(ColumnSearch.begin(v, len(answers.parties)) for v in left)
        return Search(Sizes(int(dense[0]), int(dense[1])), 0, begun)

    def counted(self) -> Sizes | None:
        """Return None: this is the round that counts."""
        return None

    def rounds_left(self, settings: FitSettings) -> int:
        """Return 1: of more nothing can be said before rows are counted."""
        return 1

    def beside(self, answers: Answers, settings: FitSettings, known: Mapping[PartyId, Known]) -> Seen:
        """Return what sizes and lacking cells show, and the columns to leave out; or end the study."""
        if answers.parties == (ALONE,):
            return Seen()
        sizes = {party: _size_of(own) for party, own in answers.each_counts(0).items()}
        profiles = answers.each_counts(1)
        lacking, excluded, stops = lacking_columns(
            profiles, settings.schema.modelled, settings.absent, settings.sparse, settings.min_cell
        )
        if stops:
            raise StudyFailed(
                f"{'; '.join(stops)}: exclude the column or let it count as missing (under 'hazards' in the"
                " study), or take such a supplier out"
            )
        return Seen((*small_tables(sizes), *lacking), tuple(excluded))


def _size_of(counted: Counts) -> SupplierSize:
    """Return a supplier's rows and the buckets of its persons, held-out ones among them."""
    rows, masks = int(counted.dense().sum()), counted.dense_masks()
    return SupplierSize(rows, None if masks is None else int(np.bitwise_or.reduce(masks)).bit_count())
