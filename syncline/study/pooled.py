"""Synthetic tables of several suppliers, pooled: the result where every supplier's flow is ``synthesized``.

Each supplier sends as many rows as it has real ones, so that pooled rows are weighted to the suppliers'
sizes. Nothing is learnt from them: what only all rows together show (a category rare at each supplier, a
relation that none sees alone) is lost, and the report says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncline.protocols.asking import Memory
from syncline.protocols.in_process import run
from syncline.protocols.transition import PartyId
from syncline.questions.workspace import Workspace
from syncline.study.local_parties import local_party
from syncline.synthesizers.fit import Fit, Look
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.pooled_rows import PooledRows
from syncline.synthesizers.settings import FitSettings


def pool(settings: FitSettings, tables: Mapping[PartyId, Workspace]) -> Fitted:
    """Look at the tables as a fit does before it learns, and pool them; raise StudyFailed as a fit would.

    All rows count as learnt, none as held out.
    """
    parties = {party: local_party(party, table) for party, table in tables.items()}
    seen = run(Look(Fit(settings)), parties, Memory())
    rows = PooledRows.of(settings.schema, tables, seen.excluded)
    return Fitted(rows, rows.n_rows, 0, seen.hazards, seen.excluded)
