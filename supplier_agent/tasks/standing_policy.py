"""What a supplier's policy, as its file stands at that moment, says to a specification.

This is read in a child process (:mod:`supplier_agent.tasks.policy_child`) and by commands, never in the
daemon: the specification comes from outside, and the readers of documents would make an idle agent larger by
a fifth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from supplier_agent.datasets.catalogue import Dataset, choose_dataset
from supplier_agent.tasks.child_pool import default_memory
from syncline.compute.frames import Json
from syncline.compute.work_limits import WorkLimits
from syncline.errors import DataError, DocumentError, PolicyUnreadable
from syncline.questions.table import permission_of
from syncline.study.flow import STEPS, DataFlow
from syncline.study.participation import Participation
from syncline.study.policy import Policy
from syncline.study.questions_asked import questions_of
from syncline.study.spec import StudySpec


@dataclass(frozen=True, slots=True)
class PolicyAssessment:
    """A study's name, every reason against it in words, and on which terms it would be answered.

    ``dataset`` and ``source`` are None where no data set fits, ``preparation`` and ``person``, the column
    registered for persons, also where it has none; ``automatic`` tells whether the policy needs no person,
    and ``listed`` whether that is because it lists the study's very digest. ``limits`` are those of the work.
    ``asked`` is the flow that the study asks for and ``flow`` the one that is answered; both are None where
    the study does not name this supplier, ``flow`` also where the one asked for is refused.
    """

    name: str
    refusals: tuple[str, ...]
    automatic: bool
    listed: bool
    dataset: str | None
    source: str | None
    preparation: str | None
    person: str | None
    max_rounds: int
    limits: WorkLimits
    policy: Mapping[str, Json]
    asked: DataFlow | None
    flow: DataFlow | None

    @property
    def participation(self) -> Participation:
        """How this supplier would take part, as its approval says it."""
        return Participation(None if self.flow is self.asked else self.flow, self.preparation)


@dataclass(frozen=True, slots=True)
class Agreed:
    """What an approval fixed: the flow that it named, None where that is the one asked for."""

    flow: DataFlow | None


def assess(
    path: Path,
    supplier: str,
    spec: StudySpec,
    researcher_fingerprint: str,
    datasets: Sequence[Dataset],
    agreed: Agreed | None = None,
) -> PolicyAssessment:
    """Hold a study against the policy file at ``path`` and the data sets of the agent.

    ``agreed`` is given once the study is approved: then its flow is the one that is answered, or none.
    """
    policy = read_policy(path)
    asked = next((entry.flow for entry in spec.suppliers if entry.name == supplier), None)
    approved = None if agreed is None else agreed.flow or asked
    flow = approved or (None if asked is None else policy.answers(asked))
    refusals = [str(refusal) for refusal in policy.permits(spec, supplier, approved)]
    refusals += _against_questions(policy, spec, flow or asked)
    dataset = None
    try:
        dataset = choose_dataset(datasets, _wanted(spec, supplier))
    except DataError as error:
        refusals.append(f"datasets: {error}")
    else:
        refusals += [reason for reason in _against_dataset(policy, dataset, spec) if reason not in refusals]
    return PolicyAssessment(
        name=spec.study,
        refusals=tuple(refusals),
        automatic=policy.approves(spec.digest, researcher_fingerprint),
        listed=policy.lists(spec.digest),
        dataset=None if dataset is None else dataset.name,
        source=None if dataset is None else dataset.source,
        preparation=None if dataset is None else dataset.preparation,
        person=None if dataset is None else dataset.person,
        max_rounds=policy.limits.max_rounds,
        limits=policy.limits.work(default_memory()),
        policy=policy.to_document(),
        asked=asked,
        flow=flow,
    )


def read_policy(path: Path) -> Policy:
    """Read the policy file; a :class:`PolicyUnreadable` says what is wrong with it."""
    try:
        return Policy.from_yaml(path)
    except DocumentError as error:
        raise PolicyUnreadable(str(error)) from None


def work_limits(path: Path) -> WorkLimits:
    """Return what a computation of this supplier may take: by the policy file, or by default."""
    try:
        return read_policy(path).limits.work(default_memory())
    except PolicyUnreadable:
        return WorkLimits(memory_bytes=default_memory())


def policy_fault(path: Path) -> str:
    """Return why the policy file cannot be read; nothing where it can."""
    try:
        read_policy(path)
    except PolicyUnreadable as error:
        return str(error)
    return ""


def _against_questions(policy: Policy, spec: StudySpec, flow: DataFlow | None) -> list[str]:
    """Refuse a method at once that will ask what is not answered, rather than in the middle of the study."""
    if flow is not None and STEPS[flow].sends_rows:
        return []  # nothing is asked of a supplier that sends rows
    method = spec.synthesizer.method
    refusals = [
        f"questions: the method {method} asks questions of kind '{kind}', which is not listed"
        for kind in questions_of(spec)
        if permission_of(kind) not in policy.questions
    ]
    return refusals + list(_against_limits(policy, spec))


def _against_limits(policy: Policy, spec: StudySpec) -> Iterator[str]:
    """Refuse a study at once where the limits do not let its first questions be answered."""
    limits, method = policy.limits, spec.synthesizer.method
    order = spec.synthesizer.card.order_under(spec.synthesizer.of_technique)
    if spec.schema.constraints or spec.validation is not None:
        order = max(order, 2)
    if limits.max_order < order:
        yield (
            f"limits.max_order: the method {method} counts {order} columns together, permitted are"
            f" {limits.max_order}"
        )
    for name, most in (("max_rounds", limits.max_rounds), ("max_cells", limits.max_cells)):
        if most == 0:
            yield f"limits.{name}: it permits 0, which is also meant where it is left out"


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
