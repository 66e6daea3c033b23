"""First, whether every supplier's data fits the schema, and how many rows there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from syncline.data.codebook import Codebook
from syncline.errors import StudyFailed
from syncline.questions.profile import Profile
from syncline.questions.row_count import RowCount
from syncline.questions.vocabulary import Question
from syncline.synthesizers.cart.splits import MAX_ROWS
from syncline.synthesizers.column_search import ColumnSearch
from syncline.synthesizers.misfits import misfits
from syncline.synthesizers.packing import Arrays, Head
from syncline.synthesizers.phases.phase import Answers, Fitted, Phase, merged, whole
from syncline.synthesizers.phases.search import Search
from syncline.synthesizers.settings import FitSettings


@dataclass(frozen=True, slots=True)
class Check:
    """Count rows and the cells that do not fit; end the study by name where the data does not fit."""

    name: ClassVar[str] = "check"

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for the number of rows and the statuses of every column."""
        return RowCount(), Profile(settings.names)

    def new_codebook(self) -> Codebook | None:
        """Return None: nothing is coded yet."""
        return None

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Begin the search for values, unless the data does not fit or there is too little of it."""
        rows = merged(answers, 0)
        dense, masks = rows.dense(), rows.dense_masks()
        profiles = {party: merged({party: given}, 1) for party, given in answers.items()}
        problems = misfits(profiles, settings.schema.modelled)
        if problems:
            raise StudyFailed("the data does not fit the schema: " + "; ".join(problems))
        persons = int(dense[0]) if masks is None else int(masks[0]).bit_count()
        if persons < settings.min_cell:
            unit = "persons" if settings.persons else "rows"
            raise StudyFailed(
                f"{whole(answers)} fewer than {settings.min_cell} {unit} to learn from;"
                " add data or lower min_cell"
            )
        if settings.method == "cart" and int(dense[0]) > MAX_ROWS:
            raise StudyFailed(
                f"{whole(answers)} more than {MAX_ROWS} rows, beyond which cart is not exact;"
                " use a sample or the method marginals"
            )
        searches = tuple(ColumnSearch.begin(variable) for variable in settings.schema.modelled)
        return Search(int(dense[0]), int(dense[1]), 0, searches)

    def put(self, arrays: Arrays) -> Head:
        """Add nothing."""
        return {}
