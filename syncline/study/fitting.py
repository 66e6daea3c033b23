"""What a study's specification means for its fit: settings, fold and rows, the same at hub and suppliers."""

from __future__ import annotations

from syncline.errors import ProtocolError
from syncline.preparation.fold import Fold, KeyedPersons, Numbering
from syncline.preparation.people import count_people
from syncline.preparation.prepared_source import PreparedSource, match_columns, prepare
from syncline.protocols.opening import Openings
from syncline.protocols.person_key import KEY_BYTES
from syncline.questions.workspace import Workspace
from syncline.sources.source import Source
from syncline.study.contributing import deals_key
from syncline.study.holdout import holdout_percent
from syncline.study.spec import StudySpec
from syncline.synthesizers.hazards.rules import Lacking
from syncline.synthesizers.settings import FitSettings

_SALT_BYTES = 32


def settings_of(spec: StudySpec) -> FitSettings:
    """Return the settings of the study's fit."""
    synthesizer, validation = spec.synthesizer, spec.validation
    return FitSettings(
        schema=spec.schema,
        method=synthesizer.method,
        min_cell=spec.privacy.min_cell,
        given=synthesizer.of_technique,
        visit_sequence=synthesizer.visit_sequence or (),
        target=None if validation is None else validation.target,
        absent=spec.hazards.absent,
        sparse=spec.hazards.sparse,
        severe=spec.hazards.severe,
        draws=synthesizer.draws,
        holds_out=spec.holdout != 0,
    )


def fold_of(spec: StudySpec, openings: Openings | None, person_key: bytes | None = None) -> Fold:
    """Return whom the study holds out, once every party has opened its contribution to the salt.

    ``person_key`` is what the suppliers number persons by, and the hub does not know.
    """
    if openings is None:
        raise ProtocolError("the contributions to the salt are opened before anything is counted")
    if spec.salt is not None:
        return _fold(spec, spec.salt, openings.percent)
    persons = None if person_key is None else KeyedPersons(person_key)
    return _fold(spec, openings.salt, openings.percent, persons)


def simulated_fold(spec: StudySpec, salt: bytes, people: int) -> Fold:
    """Return whom a study holds out that is run in one process over ``people`` persons.

    ``salt`` is what a supplier of the study printed: behind the salt itself (32 bytes) may stand the key
    (32 bytes) by which the suppliers numbered persons. Else persons are numbered by the salt. A study that
    states its salt has no key, whatever the length of the salt.
    """
    if deals_key(spec) and len(salt) == _SALT_BYTES + KEY_BYTES:
        persons = KeyedPersons(salt[_SALT_BYTES:])
        return _fold(spec, salt[:_SALT_BYTES], holdout_percent(spec, people), persons)
    return _fold(spec, salt, holdout_percent(spec, people))


def may_be_drawn(spec: StudySpec, salt: bytes) -> bool:
    """Tell whether suppliers of the study can have printed ``salt``: what they draw has one length."""
    lengths = {_SALT_BYTES, _SALT_BYTES + KEY_BYTES} if deals_key(spec) else {_SALT_BYTES}
    return spec.salt is not None or len(salt) in lengths


def lacks_person_key(spec: StudySpec, salt: bytes) -> bool:
    """Tell whether ``salt`` cannot repeat a study of persons: the key that numbers them is not behind it."""
    return deals_key(spec) and len(salt) == _SALT_BYTES


def printed_salt(fold: Fold) -> bytes:
    """Return what repeats a fold elsewhere: its salt, and behind it the key that numbers persons, if any."""
    return fold.salt + (fold.persons.key if isinstance(fold.persons, KeyedPersons) else b"")


def _fold(spec: StudySpec, salt: bytes, percent: int, persons: Numbering = "salted") -> Fold:
    return Fold(salt, f"0.{percent:02}" if spec.holdout is None else spec.holdout, persons)


def workspace_of(spec: StudySpec, fold: Fold, source: Source) -> Workspace:
    """Return a supplier's source as the study's questions see it."""
    return Workspace(prepared_rows(spec, fold, source))


def prepared_rows(spec: StudySpec, fold: Fold, source: Source) -> PreparedSource:
    """Return the rows of ``source`` as the study reads them."""
    return prepare(source, spec.schema, fold, absent_as_missing=is_lenient(spec))


def people_of(spec: StudySpec, source: Source) -> int:
    """Return how many persons ``source`` is about, which no salt decides; rows where none are declared."""
    return count_people(source, spec.schema, absent_as_missing=is_lenient(spec))


def read_columns(spec: StudySpec, source: Source) -> dict[str, str]:
    """Return the source's column for each variable that the study reads from it."""
    return match_columns(source, spec.schema, absent_as_missing=is_lenient(spec))


def is_lenient(spec: StudySpec) -> bool:
    """Tell whether a supplier may lack a column of the study."""
    return spec.hazards.absent is not Lacking.STOP
