"""The supplier's policy: what this supplier answers, written by its people and checked before every answer.

Everything that the policy does not name is refused. :meth:`Policy.permits` judges a whole study when it is
proposed; :meth:`Policy.permits_question` judges each question again when it is asked, in the process that
would answer it, so that approval of a study is never the only guard.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, field_serializer, model_validator

from syncline.data.document import parse_document, read_file
from syncline.data.section import Integer, Section, WholeSentence, build, shown, word_of
from syncline.data.variable import Labels
from syncline.questions.table import COMPARING, COMPARING_MODELS, permission_of
from syncline.study.flow import DataFlow, is_within
from syncline.study.policy_sections import (
    Approval,
    ApprovalMode,
    Comparing,
    Limits,
    Narrowing,
    Permission,
    PermittedColumns,
    Refusal,
    ReleaseDemands,
    read_comparing,
)
from syncline.study.sections import Form, Supplier, within
from syncline.study.spec import StudySpec

__all__ = ["ApprovalMode", "Policy", "Refusal"]

_COMPARED = Refusal("validation", "the study compares its synthetic data with rows here")


class Policy(Section):
    """What one supplier answers; what is left out is refused."""

    syncline: Form
    studies: Labels = ()
    flows: tuple[Annotated[DataFlow, word_of(DataFlow)], ...] = ()
    narrow: Narrowing = Narrowing()
    datasets: Labels = ()
    columns: PermittedColumns = PermittedColumns()
    questions: tuple[Permission, ...] = ()
    limits: Limits = Limits()
    min_cell: Annotated[Integer, within(1, 1_000_000)] = 11
    min_suppliers: Annotated[Integer, within(1, 1000)] = 5
    validation: Annotated[Comparing | None, BeforeValidator(read_comparing)] = None
    release: ReleaseDemands = ReleaseDemands()
    approval: Approval = Approval()

    @classmethod
    def from_yaml(cls, path: Path | str) -> Policy:
        """Read the policy at ``path``."""
        return build(cls, parse_document(read_file(Path(path)), str(path)), str(path))

    @classmethod
    def from_document(cls, document: object) -> Policy:
        """Make a policy of what :meth:`to_document` returned."""
        return build(cls, document, "policy")

    def to_document(self) -> dict[str, Any]:  # Any: pydantic types no dump
        """Return the policy as plain mappings and lists that fit into JSON."""
        return self.model_dump(mode="json")

    @field_serializer("validation")
    def _write_validation(self, validation: Comparing | None) -> dict[str, Any] | bool:  # Any: as above
        return False if validation is None else validation.model_dump(mode="json", exclude_none=True)

    @model_validator(mode="after")
    def _check(self) -> Policy:
        for asked in DataFlow:
            instead = self.narrow.instead_of(asked)
            if instead is not None and asked in self.flows:
                raise WholeSentence(f"narrow.{asked}: flows lists {asked} itself; take one of the two out")
            if instead is not None and instead not in self.flows:
                raise WholeSentence(f"narrow.{asked}: flows must list {instead} too, for it is answered")
        return self

    def answers(self, asked: DataFlow) -> DataFlow | None:
        """Return the flow that is answered where a study asks for ``asked``; None where it is refused."""
        return asked if asked in self.flows else self.narrow.instead_of(asked)

    def permits(self, spec: StudySpec, supplier: str, agreed: DataFlow | None = None) -> tuple[Refusal, ...]:
        """Return every reason against the study ``spec`` at the supplier of this name; none means yes.

        ``agreed`` is the flow that was approved before, where it was: a policy that has become narrower since
        does not let it pass.
        """
        entry = next((entry for entry in spec.suppliers if entry.name == supplier), None)
        if entry is None:
            return (Refusal("studies", f"the study does not name the supplier {supplier!r}"),)
        return (*self._against_entry(spec, entry, agreed), *self._against_study(spec))

    def permits_dataset(self, name: str) -> Refusal | None:
        """Judge the data set that the study would be answered from."""
        if _matches_any(name, self.datasets):
            return None
        return Refusal("datasets", f"the data set {shown(name)!r} is not listed for studies")

    def permits_person(self, column: str, *, registered: bool) -> Refusal | None:
        """Judge the column by which a study tells persons apart.

        One that the supplier ``registered`` for that use needs no other permission; ``deny`` wins even then.
        """
        subject = f"the column {shown(column)!r}, which tells persons apart,"
        if self._denies(column):
            return Refusal("columns.deny", f"{subject} is denied")
        if registered or _matches_any(column, self.columns.allow):
            return None
        return Refusal("columns.allow", f"{subject} is neither listed nor named by 'datasets add --person'")

    def permits_sending(self, column: str, *, listed: bool = False) -> Refusal | None:
        """Judge a column of a source that would leave as it is; ``listed`` where it needs no other word."""
        refusal = next(self._against_columns([column]), None)
        if refusal is None or (listed and refusal.key == "columns.allow"):
            return None
        return Refusal(refusal.key, f"of the source {refusal.sentence}")

    def permits_round(self, number: int) -> Refusal | None:
        """Judge the round ``number`` of a study, counted from 1."""
        if number <= self.limits.max_rounds:
            return None
        return Refusal("limits.max_rounds", f"round {number} exceeds the {self.limits.max_rounds} permitted")

    def permits_question(
        self, question_kind: str, columns: Sequence[str], order: int, cells: int
    ) -> Refusal | None:
        """Judge one question by its kind, its columns, how many it counts together, and its cells."""
        permission = permission_of(question_kind)
        if permission in (COMPARING, COMPARING_MODELS):
            return self._permits_comparison(permission, columns, cells)
        if permission not in self.questions:
            return Refusal("questions", f"questions of kind {shown(question_kind)!r} are not answered")
        if order > self.limits.max_order:
            return Refusal(
                "limits.max_order",
                f"it counts {order} columns together, permitted are {self.limits.max_order}",
            )
        if cells > self.limits.max_cells:
            return Refusal(
                "limits.max_cells", f"its answer has {cells} cells, permitted are {self.limits.max_cells}"
            )
        return next(self._against_columns(columns), None)

    def _permits_comparison(self, permission: str, columns: Sequence[str], cells: int) -> Refusal | None:
        if self.validation is None:
            return _COMPARED
        if permission == COMPARING_MODELS and not self.validation.models:
            return Refusal("validation.models", "sums for declared models are not answered")
        if cells > self.limits.max_cells:
            words = f"its answer has {cells} cells, permitted are {self.limits.max_cells}"
            return Refusal("limits.max_cells", words)
        return next(self._against_columns(columns), None)

    def approves(self, spec_digest: str, researcher_fingerprint: str) -> bool:
        """Tell whether a permitted study needs no person's approval."""
        if self.approval.mode is ApprovalMode.MANUAL:
            return False
        return self.lists(spec_digest) or researcher_fingerprint in self.approval.researchers

    def lists(self, spec_digest: str) -> bool:
        """Tell whether the supplier's people listed this very specification for approval without a person."""
        return spec_digest in self.approval.specs

    def _against_entry(self, spec: StudySpec, entry: Supplier, agreed: DataFlow | None) -> Iterator[Refusal]:
        if not _matches_any(spec.study, self.studies):
            yield Refusal("studies", f"no pattern matches the study {spec.study!r}")
        answered = self.answers(entry.flow)
        if answered is None:
            yield Refusal("flows", f"the flow {entry.flow.value!r} is not listed")
        elif agreed is not None and not (agreed in self.flows and is_within(agreed, answered)):
            yield Refusal(
                "flows", f"the flow {agreed.value!r} was approved and {answered.value!r} is answered now"
            )
        if entry.dataset is not None and (refusal := self.permits_dataset(entry.dataset)):
            yield refusal
        if entry.dataset is None and not self.datasets:
            yield Refusal("datasets", "no data set is listed for studies")

    def _against_study(self, spec: StudySpec) -> Iterator[Refusal]:
        yield from self._against_columns([variable.name for variable in spec.schema.modelled])
        if spec.privacy.min_cell < self.min_cell:
            yield Refusal(
                "min_cell",
                f"the study builds on counts from {spec.privacy.min_cell}, permitted from {self.min_cell}",
            )
        fewest = spec.fewest_suppliers
        if fewest < self.min_suppliers:
            yield Refusal(
                "min_suppliers",
                f"the study may run with {fewest} suppliers, at least {self.min_suppliers} are needed",
            )
        if spec.validation is not None:
            yield from (_COMPARED,) if self.validation is None else self.validation.against(spec)
        yield from self.release.against(spec.release)

    def _denies(self, column: str) -> bool:
        """Tell whether a column is denied, also where people write its name in another way."""
        return _matches_any(_as_read(column), [_as_read(pattern) for pattern in self.columns.deny])

    def _against_columns(self, columns: Sequence[str]) -> Iterator[Refusal]:
        for column in columns:
            if self._denies(column):
                yield Refusal("columns.deny", f"the column {shown(column)!r} is denied")
            elif not _matches_any(column, self.columns.allow):
                yield Refusal("columns.allow", f"the column {shown(column)!r} is not listed")


def _as_read(name: str) -> str:
    """Return a name without letter case and compatibility forms (Unicode NFKC), which few people see."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _matches_any(name: str, patterns: Sequence[str]) -> bool:
    return any(_matches(name, pattern) for pattern in patterns)


def _matches(name: str, pattern: str) -> bool:
    """Match ``name`` against ``pattern``, in which ``*`` stands for any text and all else for itself."""
    first, *rest = pattern.split("*")
    if not rest:
        return name == pattern
    if not name.startswith(first):
        return False
    place = len(first)
    *middle, last = rest
    for part in middle:
        found = name.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return name.endswith(last) and len(name) - len(last) >= place
