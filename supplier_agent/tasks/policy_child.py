"""The child process that reads specifications and the policy, and says what the one says to the other."""

from __future__ import annotations

from pathlib import Path

from supplier_agent.datasets.catalogue import Dataset
from supplier_agent.tasks.standing_policy import Agreed, assess, read_policy
from syncline.compute.frames import Json
from syncline.compute.serve import serve
from syncline.errors import ProtocolError
from syncline.study.flow import DataFlow
from syncline.study.spec import StudySpec


def answer(header: dict[str, Json], blobs: list[bytes]) -> tuple[dict[str, Json], list[bytes]]:
    """Assess the specification in the only blob, tell its study's name, or try the policy without one."""
    match header.get("op"):
        case "name":
            return {"name": StudySpec.from_canonical(blobs[0]).study}, []
        case "try":
            read_policy(Path(str(header["policy"])))
            return {}, []
        case _:
            return _assessed(header, blobs), []


def _assessed(header: dict[str, Json], blobs: list[bytes]) -> dict[str, Json]:
    listed, agreed = header["datasets"], header["agreed"]
    if not isinstance(listed, list):
        raise ProtocolError("datasets: expected a list")
    found = assess(
        Path(str(header["policy"])),
        str(header["supplier"]),
        StudySpec.from_canonical(blobs[0]),
        str(header["researcher"]),
        [Dataset(*item) for item in listed],
        Agreed(_flow(agreed.get("flow"))) if isinstance(agreed, dict) else None,
    )
    return {
        "name": found.name,
        "refusals": list(found.refusals),
        "automatic": found.automatic,
        "listed": found.listed,
        "dataset": found.dataset,
        "source": found.source,
        "preparation": found.preparation,
        "person": found.person,
        "max_rounds": found.max_rounds,
        "limits": found.limits.to_json(),
        "policy": found.policy,
        "asked": found.asked,
        "flow": found.flow,
    }


def _flow(word: Json) -> DataFlow | None:
    return None if word is None else DataFlow(str(word))


if __name__ == "__main__":
    serve(answer)
