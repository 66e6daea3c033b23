"""A fit to one table: the same protocol as for many suppliers, with one party and no hop between the two."""

from __future__ import annotations

from syncline.protocols.asking import Answering, Memory
from syncline.protocols.transition import Finish, PartyId
from syncline.questions.workspace import Workspace
from syncline.synthesizers.fit import Fit
from syncline.synthesizers.phases.phase import Fitted
from syncline.synthesizers.settings import FitSettings


def fit_alone(settings: FitSettings, table: Workspace) -> Fitted:
    """Return the model of one table."""
    me = PartyId("local")
    hub, supplier, memory = Fit(settings), Answering(), Memory()
    transition = hub.start((me,))
    while not isinstance(transition, Finish):
        reply, memory = supplier.respond(transition.request, table, memory)
        transition = hub.step(transition.state, {me: reply}, frozenset())
    return transition.result
