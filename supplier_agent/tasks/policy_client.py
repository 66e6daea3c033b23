"""The daemon's way to the policy: ask a child process once for each state of file, study and data sets.

The file is read anew for every proposal and every round, so an edit counts at once; only where nothing
changed is the last answer used again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from supplier_agent.consent.proposals import PolicyJudgement
from supplier_agent.consent.study_record import StudyRecord
from supplier_agent.datasets.catalogue import Dataset
from supplier_agent.tasks.child_pool import ChildPool
from syncline.compute.frames import Json
from syncline.compute.work_limits import MIB, WorkLimits
from syncline.errors import DataError, PolicyRefusal, PolicyUnreadable, WireError
from syncline.study.flow import DataFlow
from syncline.study.participation import Participation
from syncline.wire.messages import COMPARISON_ROUNDS

POLICY_CHILD = "supplier_agent.tasks.policy_child"
_MOST_KEPT = 64
_PLACE = "policy"
_LIMITS = WorkLimits(memory_bytes=512 * MIB, cpu_seconds=120.0, wall_seconds=240.0)
"""What reading a specification and the policy may take: the slowest documents take seconds."""


@dataclass(frozen=True, slots=True)
class AnswerTerms:
    """On which terms a round is answered: as whom, by which flow, policy and preparation, from which data.

    ``person`` is the column that the data set was registered with for telling persons apart; ``limits`` are
    those of the work.
    """

    supplier: str
    dataset: str
    source: str
    policy: Mapping[str, Json]
    flow: DataFlow
    limits: WorkLimits
    preparation: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class DataReading:
    """Which data a study would read here, through which preparation, and within which limits."""

    source: str
    preparation: str | None
    limits: WorkLimits


class PolicyClient:
    """Judge proposals and rounds by the policy file of one supplier."""

    def __init__(self, path: Path, supplier: str, children: ChildPool) -> None:
        self._path = path
        self._supplier = supplier
        self._children = children
        self._kept: dict[bytes, dict[str, Json]] = {}

    async def judge(
        self, specification: bytes, researcher_key: bytes, datasets: Sequence[Dataset]
    ) -> PolicyJudgement:
        """Say what the policy of now says to a proposed study."""
        found = await self._assess(specification, researcher_key, datasets, None)
        asked, flow = found["asked"], found["flow"]
        participation = Participation(
            None if flow is None or flow == asked else DataFlow(str(flow)), _text(found["preparation"])
        )
        return PolicyJudgement(
            str(found["name"]),
            _refusals(found),
            found["automatic"] is True,
            participation,
            listed=found["listed"] is True,
        )

    async def reading(
        self, specification: bytes, researcher_key: bytes, datasets: Sequence[Dataset]
    ) -> DataReading | None:
        """Return what a proposed study would read here; None where no data set is meant."""
        found = await self._assess(specification, researcher_key, datasets, None)
        if found["source"] is None:
            return None
        limits = WorkLimits.from_json(found["limits"])
        return DataReading(str(found["source"]), _text(found["preparation"]), limits)

    async def terms(
        self, study: StudyRecord, number: int, datasets: Sequence[Dataset], *, compares: bool
    ) -> AnswerTerms:
        """Return the terms of round ``number`` of an approved study, or raise what speaks against it now.

        Rounds that compare the study's synthetic table come beside those that the policy limits.
        """
        agreed: dict[str, Json] = {"flow": study.flow}
        found = await self._assess(study.specification, study.researcher_key, datasets, agreed)
        refusals, policy = _refusals(found), found["policy"]
        dataset, source = found["dataset"], found["source"]
        if refusals:
            raise PolicyRefusal("; ".join(refusals))
        if not (isinstance(dataset, str) and isinstance(source, str) and isinstance(policy, dict)):
            raise WireError("policy: the process that reads it gave no sensible answer")
        most = found["max_rounds"]
        if not isinstance(most, int) or number > most + (COMPARISON_ROUNDS if compares else 0):
            raise PolicyRefusal(f"limits.max_rounds: round {number} exceeds the {most} permitted")
        flow, preparation = DataFlow(str(found["flow"])), _text(found["preparation"])
        if study.preparation is not None and study.preparation != (preparation or ""):
            raise DataError(
                f"the data set {dataset} was given another preparation since this study was approved: add it"
                " as it was, or refuse the study and let it be submitted anew",
                public="its data set was given another preparation since this study was approved",
            )
        limits = WorkLimits.from_json(found["limits"])
        return AnswerTerms(
            self._supplier, dataset, source, policy, flow, limits, preparation, _text(found["person"])
        )

    async def name(self, specification: bytes) -> str:
        """Return the name of a specification's study, which needs no policy."""
        answer, _ = await self._children.call(_PLACE, {"op": "name"}, [specification], _LIMITS)
        return str(answer["name"])

    async def require(self) -> None:
        """Raise what is wrong with the policy file, if anything is."""
        await self._children.call(_PLACE, {"op": "try", "policy": str(self._path)}, [], _LIMITS)

    async def _assess(
        self,
        specification: bytes,
        researcher_key: bytes,
        datasets: Sequence[Dataset],
        agreed: dict[str, Json] | None,
    ) -> dict[str, Json]:
        rows: list[Json] = [list(astuple(dataset)) for dataset in datasets]
        header: dict[str, Json] = {
            "policy": str(self._path),
            "supplier": self._supplier,
            "researcher": hashlib.sha256(researcher_key).hexdigest(),
            "datasets": rows,
            "agreed": agreed,
        }
        key = self._key(specification, repr(header).encode())
        if key not in self._kept:
            answer, _ = await self._children.call(_PLACE, header, [specification], _LIMITS)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = answer
        return self._kept[key]

    def _key(self, *parts: bytes) -> bytes:
        try:
            content = self._path.read_bytes()
        except OSError as error:
            raise PolicyUnreadable(
                f"{self._path}: it cannot be read ({error.strerror}): restore it"
            ) from error
        return b"".join(hashlib.sha256(part).digest() for part in (content, *parts))


def _text(word: Json) -> str | None:
    return None if word is None else str(word)


def _refusals(found: Mapping[str, Json]) -> tuple[str, ...]:
    listed = found["refusals"]
    if not isinstance(listed, list):
        raise WireError("policy: the process that reads it gave no sensible answer")
    return tuple(str(reason) for reason in listed)
