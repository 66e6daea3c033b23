"""What a supplier's policy, as its file stands at that moment, says to a specification.

This is read in a child process (:mod:`supplier_agent.tasks.policy_child`) and by commands, never in the
daemon: the specification comes from outside, and the readers of documents would make an idle agent larger by
a fifth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from supplier_agent.consent.portrait import QUESTIONS
from supplier_agent.datasets.catalogue import Dataset, choose_dataset
from supplier_agent.tasks.public_reason import POLICY_UNREADABLE
from syncline.compute.frames import Json
from syncline.errors import DataError, DocumentError
from syncline.study.flow import STEPS
from syncline.study.policy import Policy
from syncline.study.spec import StudySpec


@dataclass(frozen=True, slots=True)
class Assessment:
    """A study's name, every reason against it in words, and on which terms it would be answered.

    ``dataset`` and ``source`` are None where no data set fits, ``preparation`` and
    ``person``, the column registered for persons, also where it has none;
    ``automatic`` tells whether the policy needs no person.
    """

    name: str
    refusals: tuple[str, ...]
    automatic: bool
    dataset: str | None
    source: str | None
    preparation: str | None
    person: str | None
    max_rounds: int
    policy: Mapping[str, Json]


def assess(
    path: Path, supplier: str, spec: StudySpec, researcher_fingerprint: str, datasets: Sequence[Dataset]
) -> Assessment:
    """Hold a study against the policy file at ``path`` and the data sets of the agent."""
    policy = _policy(path)
    refusals = [str(refusal) for refusal in policy.permits(spec, supplier)]
    refusals += _against_questions(policy, spec, supplier)
    dataset = None
    try:
        dataset = choose_dataset(datasets, _wanted(spec, supplier))
    except DataError as error:
        refusals.append(f"datasets: {error}")
    else:
        refusals += [reason for reason in _against_dataset(policy, dataset, spec) if reason not in refusals]
    return Assessment(
        name=spec.study,
        refusals=tuple(refusals),
        automatic=policy.approves(spec.digest, researcher_fingerprint),
        dataset=None if dataset is None else dataset.name,
        source=None if dataset is None else dataset.source,
        preparation=None if dataset is None else dataset.preparation,
        person=None if dataset is None else dataset.person,
        max_rounds=policy.limits.max_rounds,
        policy=policy.to_document(),
    )


def _policy(path: Path) -> Policy:
    try:
        return Policy.from_yaml(path)
    except DocumentError as error:
        raise DocumentError(str(error), public=POLICY_UNREADABLE) from None


def _against_questions(policy: Policy, spec: StudySpec, supplier: str) -> list[str]:
    """Refuse a method at once that will ask what is not answered, rather than in the middle of the study."""
    if any(entry.name == supplier and STEPS[entry.flow].sends_rows for entry in spec.suppliers):
        return []  # nothing is asked of a supplier that sends rows
    method = spec.synthesizer.method
    return [
        f"questions: the method {method.value} asks questions of kind '{kind.value}', which is not listed"
        for kind in QUESTIONS[method]
        if kind not in policy.questions
    ]


def _wanted(spec: StudySpec, supplier: str) -> str | None:
    return next((entry.dataset for entry in spec.suppliers if entry.name == supplier), None)


def _against_dataset(policy: Policy, dataset: Dataset, spec: StudySpec) -> list[str]:
    """Refuse a data set that is not listed, or whose persons the study would count as rows."""
    refusal = policy.permits_dataset(dataset.name)
    found = [] if refusal is None else [str(refusal)]
    declared = spec.schema.person.name if spec.schema.person is not None else None
    if dataset.person is not None and dataset.person != declared:
        found.append(
            f"datasets: the data set {dataset.name!r} tells persons apart by column {dataset.person!r};"
            " the study's schema must give that column the role person"
        )
    elif declared is not None:
        refused = policy.permits_person(declared, registered=dataset.person is not None)
        found += [] if refused is None else [str(refused)]
    return found
