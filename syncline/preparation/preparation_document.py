"""A preparation: the steps by which a supplier's table becomes one of the study's columns, as a document.

It is the supplier's own. It has one canonical form in bytes, and its digest is all that others learn of it.
"""

from __future__ import annotations

from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

from syncline.data.document import Node, parse_document, read_file
from syncline.data.section import (
    Integer,
    Section,
    WholeSentence,
    build,
    canonical_json,
    parse_canonical,
    sha256_hex,
)
from syncline.errors import DataError, DocumentError
from syncline.preparation.steps.row_choice import ExcludePersons
from syncline.preparation.steps.vocabulary import AnyStep

FORM = 1
"""The form of document that this version reads."""

MAX_STEPS = 1000
"""The most steps of one preparation."""

_FILE_KEYS = ("file", "key_file")


def _known_form(form: int) -> int:
    if form != FORM:
        raise ValueError(f"must be {FORM}, the form of document that this version reads")
    return form


class Preparation(Section):
    """List the steps of a preparation in the order in which they run."""

    syncline: Annotated[Integer, AfterValidator(_known_form)]
    steps: tuple[AnyStep, ...]

    @classmethod
    def from_yaml(cls, source: Path | str) -> Preparation:
        """Read a preparation from a file; a ``str`` with a line break in it is the document itself.

        Files that steps name are looked for beside the document.
        """
        if isinstance(source, str) and "\n" in source:
            node = parse_document(source, "preparation")
            return build(cls, _with_whole_paths(node, Path.cwd()), "preparation")
        path = Path(source)
        node = parse_document(read_file(path), str(path))
        return build(cls, _with_whole_paths(node, path.absolute().parent), str(path))

    @classmethod
    def from_canonical(cls, content: bytes) -> Preparation:
        """Read the bytes that :meth:`canonical` wrote, and no others."""
        preparation = build(cls, parse_canonical(content, "preparation"), "preparation")
        if preparation.canonical() != content:
            raise DocumentError("preparation: not in canonical form; write it with this version of Syncline")
        return preparation

    def to_document(self) -> dict[str, Any]:  # Any: pydantic types no dump
        """Return the preparation as plain mappings and lists, with what is left out left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True)

    def canonical(self) -> bytes:
        """Return the canonical form: sorted JSON without white space, in UTF-8."""
        return canonical_json(self.to_document())

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the canonical form, in hexadecimal."""
        return sha256_hex(self.canonical())

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person may not have meant, though it is allowed."""
        return tuple(
            f"{self.place(number)}: {warning}"
            for number, step in enumerate(self.steps)
            for warning in step.warnings()
        )

    def parted(self) -> tuple[Preparation, Preparation]:
        """Return what must run before raw rows leave the supplier, and what the hub runs on them.

        The steps at the head that only take rows or columns away run first: an excluded person never leaves.
        """
        kept = len(list(takewhile(lambda step: step.takes_away, self.steps)))
        return (
            Preparation(syncline=FORM, steps=self.steps[:kept]),
            Preparation(syncline=FORM, steps=self.steps[kept:]),
        )

    def require_portable(self) -> None:
        """Raise DataError where a step reads a file or a key of its own side, which the other one lacks."""
        for number, step in enumerate(self.steps):
            if step.needs_supplier:
                raise DataError(
                    f"{self.place(number)}: reads a file or key that stays at the supplier, so the hub cannot"
                    " run it; let this supplier take part with the flow prepared"
                )

    def place(self, number: int) -> str:
        """Return how messages call step ``number``."""
        return f"steps[{number}].{self.steps[number].step}"

    @model_validator(mode="after")
    def _check(self) -> Preparation:
        if len(self.steps) > MAX_STEPS:
            raise WholeSentence(f"steps must list at most {MAX_STEPS} steps")
        others = False
        for number, step in enumerate(self.steps):
            if isinstance(step, ExcludePersons) and others:
                raise WholeSentence(
                    f"{self.place(number)} must stand before all other steps, so that none can hide a person"
                )
            others = others or not isinstance(step, ExcludePersons)
        return self


def _with_whole_paths(node: Node, folder: Path) -> Node:
    """Return a document with the files that steps name as absolute paths."""
    if not isinstance(node, dict) or not isinstance(node.get("steps"), list):
        return node
    steps = [_with_whole_path(step, folder) for step in node["steps"]]
    return {**node, "steps": steps}


def _with_whole_path(step: Node, folder: Path) -> Node:
    if not isinstance(step, dict):
        return step
    return {
        key: str(folder / value) if key in _FILE_KEYS and isinstance(value, str) and value else value
        for key, value in step.items()
    }
