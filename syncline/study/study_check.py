"""Every fault of a study that can be seen without data, at once, and what leak its holdout would see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from syncline.compute.frames import Json
from syncline.data.document import parse_document, read_file
from syncline.data.faults import Place, every_fault
from syncline.data.schema import Schema
from syncline.errors import DocumentError
from syncline.study.holdout import holdout_share
from syncline.study.idle_settings import idle_settings
from syncline.study.sections import FORM, Thresholds
from syncline.study.spec import StudySpec, schema_place
from syncline.validation.disclosure.power import LEAK, recommended_holdout, smallest_leak
from syncline.validation.disclosure.sight import MOST_UNSEEN

_STAND_INS: dict[Place, object] = {("syncline",): str(FORM), ("study",): "study"}
"""What a study is read with in the place of a key that is wrong, so that the rest of it can be read."""


@dataclass(frozen=True, slots=True)
class Foresight:
    """What the gate of a study would see among so many people, before anybody is asked.

    Attributes
    ----------
    persons : people of all suppliers together
    holdout : share of them who are held out
    smallest : smallest share of those used whose verbatim copies are seen; None where no leak is
    recommended : the smallest holdout that sees ``LEAK``, or else the one that sees most
    smallest_there : smallest leak that the recommended holdout sees
    """

    persons: int
    holdout: float
    smallest: float | None
    recommended: float
    smallest_there: float | None

    @classmethod
    def of(cls, persons: int, holdout: float, gate: Thresholds) -> Foresight:
        """Return what a study of ``persons`` would see."""
        limits = gate.alpha, gate.tolerated
        recommended = recommended_holdout(persons, *limits)
        return cls(
            persons,
            holdout,
            smallest_leak(persons, holdout, *limits),
            recommended,
            smallest_leak(persons, recommended, *limits),
        )

    @property
    def suffices(self) -> bool:
        """Whether the study's own holdout lets the gate see a leak of ``LEAK``."""
        return self.smallest is not None and self.smallest <= LEAK

    @property
    def held(self) -> int:
        """How many people are held out, about."""
        return round(self.persons * self.holdout)

    def words(self) -> Iterator[str]:
        """Yield what it means, in sentences."""
        yield (
            f"Of {self.persons:,} people about {self.held:,} are held out ({self.holdout:.4g}):"
            f" {_seen(self.smallest, self.persons - self.held)}."
        )
        if self.suffices:
            return
        used = self.persons - round(self.persons * self.recommended)
        better = f"validation: {{holdout: {self.recommended:g}}}, {_seen(self.smallest_there, used)}"
        if self.smallest_there is not None and self.smallest_there <= LEAK:
            yield f"To see a leak of {LEAK:.0%}, hold out more: {better}."
        else:
            yield f"No holdout lets so few people see a leak of {LEAK:.0%}; most sees {better}."

    def to_json(self) -> dict[str, Json]:
        """Return it for programs."""
        return {
            "persons": self.persons,
            "holdout": self.holdout,
            "smallest_leak": _rounded(self.smallest),
            "recommended_holdout": self.recommended,
            "smallest_leak_there": _rounded(self.smallest_there),
            "words": list(self.words()),
        }


class FaultyDocument(DocumentError):
    """A document with all that is wrong with it, a sentence each."""

    def __init__(self, *sentences: str) -> None:
        super().__init__("; ".join(sentences))
        self._sentences = sentences

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is wrong, a sentence each."""
        return self._sentences


@dataclass(frozen=True, slots=True)
class StudyCheck:
    """What is wrong with a study's documents, and what its gate would see where that can be said."""

    faults: tuple[str, ...]
    spec: StudySpec | None
    foresight: Foresight | None = None

    @property
    def idle(self) -> tuple[str, ...]:
        """What of the study has no effect, a sentence each; nothing is said while some of it is wrong."""
        return () if self.spec is None or self.faults else idle_settings(self.spec)


def sound_study(path: Path) -> StudySpec:
    """Return the study at ``path``; raise all that is wrong with it and its schema, seen without data.

    It is what every command reads a study by that somebody is then to wait for.
    """
    spec, faults = _read(path)
    if faults or spec is None:
        raise FaultyDocument(*faults)
    return spec


def check_study(path: Path, persons: int | None = None) -> StudyCheck:
    """Read the study at ``path`` and its schema; ``persons`` is how many people the suppliers have."""
    spec, faults = _read(path)
    gate = None if spec is None else spec.release.gate
    if spec is None or gate is None or persons is None:
        return StudyCheck(faults, spec)
    found = Foresight.of(persons, holdout_share(spec, persons), gate)
    unsound = [f"{path}: {words}" for words in _unsound(spec, found)]
    return StudyCheck((*faults, *unsound), spec, found)


def _unsound(spec: StudySpec, found: Foresight) -> Iterator[str]:
    """Say why a study of so many people would end without a release."""
    least = spec.privacy.min_cell
    if found.held < least:
        yield (
            f"validation.holdout: of {found.persons:,} people about {found.held} would be held out, fewer"
            f" than privacy.min_cell ({least}); hold out more"
        )
    elif found.smallest is None or found.smallest > MOST_UNSEEN:
        yield (
            f"validation.holdout: of {found.persons:,} people too few would be held out for the gate to"
            f" judge: not even copies of {MOST_UNSEEN:.0%} of those used could be seen; hold out more"
        )


def _read(path: Path) -> tuple[StudySpec | None, tuple[str, ...]]:
    """Return the study without what is wrong, where that leaves one, and what is wrong."""
    try:
        document = parse_document(read_file(path), str(path))
    except DocumentError as error:
        return None, (str(error),)
    faults: tuple[str, ...] = ()
    absent: list[Place] = []
    named = document.get("schema") if isinstance(document, dict) else None
    if isinstance(document, dict) and isinstance(named, str):
        schema, faults = _schema(path, named)
        others = {key: value for key, value in document.items() if key != "schema"}
        content: object = others if schema is None else {**others, "schema": schema}
        absent = [("schema",)] if schema is None else []
    else:
        content = document
    spec, found = every_fault(StudySpec, content, absent, _STAND_INS)
    return spec, (*faults, *(f"{path}: {sentence}" for sentence in found))


def _schema(study: Path, name: str) -> tuple[Schema | None, tuple[str, ...]]:
    try:
        place = schema_place(study, name)
        document = parse_document(read_file(place), str(place))
    except DocumentError as error:
        return None, (str(error),)
    schema, found = every_fault(Schema, document)
    return schema, tuple(f"{place}: {sentence}" for sentence in found)


def _seen(smallest: float | None, used: int) -> str:
    if smallest is None:
        return "the gate would see no leak at all"
    return (
        f"a leak of fewer than {ceil(smallest * used):,} of the {used:,} used ({smallest:.2%}) would not be"
        " seen, where rows hardly repeat"
    )


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 6)
