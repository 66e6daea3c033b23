"""The policy file as the agent asks it: anew for every proposal and round, so that an edit counts at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from supplier_agent.consent.proposals import Judgement
from supplier_agent.datasets.catalogue import Dataset, choose_dataset
from syncline.compute.frames import Json
from syncline.errors import DataError, PolicyRefusal
from syncline.study.manifest import key_fingerprint
from syncline.study.policy import Policy
from syncline.study.spec import StudySpec
from syncline.wire.messages import Proposal


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a round is answered: from which source, and under which policy."""

    source: str
    policy: Mapping[str, Json]


class StandingPolicy:
    """What the policy of one supplier says, as its file stands at that moment."""

    def __init__(self, path: Path, supplier: str) -> None:
        self._path = path
        self._supplier = supplier

    def judge(self, proposal: Proposal, datasets: list[Dataset]) -> Judgement:
        """Judge a proposed study as a whole."""
        spec, policy = StudySpec.from_canonical(proposal.specification), Policy.from_yaml(self._path)
        refusals = self.refusals(policy, spec, datasets)
        automatic = policy.approves(proposal.specification_sha256, key_fingerprint(proposal.researcher_key))
        return Judgement(spec.study, refusals, automatic)

    def refusals(self, policy: Policy, spec: StudySpec, datasets: list[Dataset]) -> tuple[str, ...]:
        """Return every reason against a study, in words."""
        found = [str(refusal) for refusal in policy.permits(spec, self._supplier)]
        try:
            dataset = choose_dataset(datasets, self._wanted(spec))
        except DataError as error:
            return (*found, f"datasets: {error}")
        refusal = policy.permits_dataset(dataset.name)
        if refusal is not None and str(refusal) not in found:
            found.append(str(refusal))
        found.extend(_against_persons(dataset, spec))
        return tuple(found)

    def terms(self, specification: bytes, number: int, datasets: list[Dataset]) -> Terms:
        """Return the terms of round ``number``, or raise what the policy of now says against it."""
        spec, policy = StudySpec.from_canonical(specification), Policy.from_yaml(self._path)
        dataset = choose_dataset(datasets, self._wanted(spec))
        refusals = self.refusals(policy, spec, datasets)
        against_round = policy.permits_round(number)
        if refusals or against_round is not None:
            raise PolicyRefusal("; ".join(refusals) or str(against_round))
        return Terms(dataset.source, policy.to_document())

    def _wanted(self, spec: StudySpec) -> str | None:
        names = (entry.dataset for entry in spec.suppliers if entry.name == self._supplier)
        return next(names, None)


def _against_persons(dataset: Dataset, spec: StudySpec) -> list[str]:
    """Refuse a study that would count rows where the supplier knows that several may be one person's."""
    declared = spec.schema.person.name if spec.schema.person is not None else None
    if dataset.person is None or dataset.person == declared:
        return []
    return [
        f"datasets: the data set {dataset.name!r} tells persons apart by column {dataset.person!r};"
        " the study's schema must give that column the role person"
    ]
