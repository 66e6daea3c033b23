"""Ask a child process whether a data set fits a study, so that no row enters this one and nothing leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from syncline.compute.child import ChildProcess
from syncline.compute.work_limits import WorkLimits
from syncline.errors import SynclineError, public_words
from syncline.study.data_fit import DataFit

FITTER = "supplier_agent.datasets.fit_child"


def data_fit(source: str, preparation: bytes, specification: bytes, limits: WorkLimits) -> DataFit:
    """Hold a data set against a study; what cannot be read does not fit, for the reason that is given."""
    try:
        return asyncio.run(_ask(source, documents_of(specification, preparation), limits))
    except SynclineError as error:
        return unread(error)


def documents_of(specification: bytes, preparation: bytes) -> list[bytes]:
    """Return what the child is sent beside the name of the source."""
    return [specification, *([preparation] if preparation else [])]


def unread(error: SynclineError) -> DataFit:
    """Return the misfit of data that cannot be read for the reason of ``error``."""
    return DataFit(None, (), (str(error),), public_words(error), ())


async def _ask(source: str, documents: Sequence[bytes], limits: WorkLimits) -> DataFit:
    async with await ChildProcess.start(FITTER, limits=limits) as child:
        answer, _ = await child.call({"source": source}, documents)
    return DataFit.from_json(answer)
