"""A fit to one table: the same protocol as for many suppliers, with one party and no hop between the two."""

from __future__ import annotations

from collections.abc import Callable

from syncline.protocols.asking import Memory
from syncline.protocols.in_process import run
from syncline.protocols.party import party_with
from syncline.protocols.transition import unheard
from syncline.questions.workspace import Workspace
from syncline.synthesizers.fit import Fit
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.whose_rows import ALONE


def fit_alone(settings: FitSettings, table: Workspace, listen: Callable[[str], None] = unheard) -> Fitted:
    """Return the model of one table; ``listen`` hears the stage of each round."""
    return run(Fit(settings), {ALONE: party_with(table)}, Memory(), announce=listen)
