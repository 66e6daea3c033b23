"""The daemon's way to the question whether the data here fits a study: one table at a time, in a child."""

from __future__ import annotations

from supplier_agent.datasets.catalogue import find_preparation
from supplier_agent.datasets.fitting import documents_of, unread
from supplier_agent.tasks.child_pool import ChildPool
from supplier_agent.tasks.policy_client import DataReading
from syncline.compute.child import ChildDied
from syncline.durable.database import Database
from syncline.errors import SynclineError
from syncline.study.data_fit import DataFit

_PLACE = "fit"


class FitClient:
    """Hold data sets against studies that no person would look at before they are approved."""

    def __init__(self, database: Database, children: ChildPool) -> None:
        self._database = database
        self._children = children

    async def fit(self, specification: bytes, reading: DataReading) -> DataFit:
        """Hold a data set against a study; what cannot be read does not fit, for the reason that is given.

        A child that is killed says nothing of the data: that is raised, to be tried again.
        """
        try:
            preparation = await self._database.read(
                lambda connection: find_preparation(connection, reading.preparation)
            )
            documents = documents_of(specification, preparation)
            answer, _ = await self._children.call(
                _PLACE, {"source": reading.source}, documents, reading.limits
            )
        except ChildDied:
            raise
        except SynclineError as error:
            return unread(error)
        return DataFit.from_json(answer)
