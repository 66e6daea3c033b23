"""Synthetic tables of several suppliers, pooled: the result where every supplier's flow is ``synthesized``.

Each supplier sends as many rows as it has real ones, so that pooled rows are weighted to the suppliers'
sizes. Nothing is learnt from them: what only all rows together show (a category rare at each supplier, a
relation that none sees alone) is lost, and the report says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from syncline.data.batch import Keys, Status, Statuses
from syncline.data.schema import Schema
from syncline.errors import StudyFailed
from syncline.protocols.asking import Memory
from syncline.protocols.in_process import run
from syncline.protocols.transition import PartyId
from syncline.questions.workspace import Workspace
from syncline.study.local_parties import local_party
from syncline.synthesizers.fit import Fit, Look
from syncline.synthesizers.hazards.hazard import Hazard
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.streams import PARTITION_ROWS, Seed
from syncline.synthesizers.tabular_model import Columns


@dataclass(frozen=True, slots=True, repr=False)
class Pooled:
    """Hold all suppliers' synthetic rows: keys and statuses (n_rows,) of each variable, in schema order.

    ``schema`` is the study's, less the columns ``excluded`` because suppliers lack them.
    """

    schema: Schema
    keys: tuple[Keys, ...]
    status: tuple[Statuses, ...]
    hazards: tuple[Hazard, ...] = ()
    excluded: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        schema: Schema,
        tables: Mapping[PartyId, Workspace],
        hazards: tuple[Hazard, ...] = (),
        excluded: tuple[str, ...] = (),
    ) -> Pooled:
        """Return the tables' rows, one supplier after the other in the order of their names."""
        batches = [batch for name in sorted(tables) for batch in tables[name].batches()]
        if not sum(batch.n_rows for batch in batches):
            raise StudyFailed("no supplier sent a row; add data")
        places = [place for place, v in enumerate(schema.modelled) if v.name not in excluded]
        return cls(
            schema.without(excluded),
            tuple(np.concatenate([batch.keys[place] for batch in batches]) for place in places),
            tuple(np.concatenate([batch.status[place] for batch in batches]) for place in places),
            hazards,
            excluded,
        )

    @property
    def n_rows(self) -> int:
        """Rows of all suppliers together."""
        return len(self.keys[0])

    def sample(self, rows: int, seed: Seed) -> Iterator[Columns]:
        """Yield ``rows`` rows, partition by partition: all in a random order, again where more are wanted."""
        order = np.argsort(seed.words("pool:order", 0, self.n_rows), kind="stable")
        for start in range(0, rows, PARTITION_ROWS):
            place = order[np.arange(start, min(start + PARTITION_ROWS, rows)) % self.n_rows]
            yield {
                variable.name: (keys[place], status[place] != Status.VALID)
                for variable, keys, status in zip(self.schema.modelled, self.keys, self.status, strict=True)
            }

    def __repr__(self) -> str:
        return f"Pooled({self.n_rows} rows x {len(self.keys)} variables)"


def pool(settings: FitSettings, tables: Mapping[PartyId, Workspace]) -> Pooled:
    """Look at the tables as a fit does before it learns, and pool them; raise StudyFailed as a fit would."""
    parties = {party: local_party(party, table) for party, table in tables.items()}
    seen = run(Look(Fit(settings)), parties, Memory())
    return Pooled.of(settings.schema, tables, seen.hazards, seen.excluded)
