"""The child process that reads specifications and the policy, and says what the one says to the other."""

from __future__ import annotations

from pathlib import Path

from supplier_agent.datasets.catalogue import Dataset
from supplier_agent.tasks.standing_policy import assess
from syncline.compute.frames import Json
from syncline.compute.serve import serve
from syncline.errors import ProtocolError
from syncline.study.spec import StudySpec


def answer(header: dict[str, Json], blobs: list[bytes]) -> tuple[dict[str, Json], list[bytes]]:
    """Assess the specification in the only blob."""
    listed = header["datasets"]
    if not isinstance(listed, list):
        raise ProtocolError("datasets: expected a list")
    found = assess(
        Path(str(header["policy"])),
        str(header["supplier"]),
        StudySpec.from_canonical(blobs[0]),
        str(header["researcher"]),
        [Dataset(*item) for item in listed],
    )
    return {
        "name": found.name,
        "refusals": list(found.refusals),
        "automatic": found.automatic,
        "dataset": found.dataset,
        "source": found.source,
        "preparation": found.preparation,
        "person": found.person,
        "max_rounds": found.max_rounds,
        "policy": found.policy,
    }, []


if __name__ == "__main__":
    serve(answer)
