"""A fit to one table: the same protocol as for many suppliers, with one party and no hop between the two."""

from __future__ import annotations

from collections.abc import Callable

from syncline.protocols.asking import Answering, Memory
from syncline.protocols.transition import Finish, unheard
from syncline.questions.workspace import Workspace
from syncline.synthesizers.fit import Fit
from syncline.synthesizers.phases.phase import ALONE, Fitted
from syncline.synthesizers.settings import FitSettings


def fit_alone(settings: FitSettings, table: Workspace, listen: Callable[[str], None] = unheard) -> Fitted:
    """Return the model of one table; ``listen`` hears the stage of each round."""
    hub, supplier, memory = Fit(settings), Answering(), Memory()
    transition = hub.start((ALONE,))
    while not isinstance(transition, Finish):
        listen(transition.stage)
        reply, memory = supplier.respond(transition.request, table, memory)
        transition = hub.step(transition.state, {ALONE: reply}, frozenset())
    return transition.result
