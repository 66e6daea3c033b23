"""The child process that holds a data set against a study: what it says stays with this supplier."""

from __future__ import annotations

from syncline.compute.frames import Json
from syncline.compute.serve import serve, work_limits
from syncline.errors import ProtocolError
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import prepared_view
from syncline.sources.limited import LimitedSource
from syncline.sources.registry import open_source
from syncline.sources.source import Source
from syncline.study.data_check import fit_of
from syncline.study.spec import StudySpec


def answer(header: dict[str, Json], blobs: list[bytes]) -> tuple[dict[str, Json], list[bytes]]:
    """Hold the source in ``header`` against the specification in the first blob, through a preparation."""
    locator = header.get("source")
    if not isinstance(locator, str) or not blobs:
        raise ProtocolError("expected a source and a specification")
    source: Source = LimitedSource(open_source(locator), work_limits())
    for canonical in blobs[1:]:
        source = prepared_view(source, Preparation.from_canonical(canonical))
    return fit_of(StudySpec.from_canonical(blobs[0]), source).to_json(), []


if __name__ == "__main__":
    serve(answer)
