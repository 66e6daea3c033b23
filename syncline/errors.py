"""Every error that a caller of Syncline can act on: one root, one subclass for each remedy.

The public sentence of an error names the file, the field and the remedy. It never holds a value from data.
``exit_code`` is the status with which a command ends: 1 a failed run, 2 wrong usage or configuration.
"""

from __future__ import annotations

import hashlib


class SynclineError(Exception):
    """Root of all errors that Syncline raises on purpose.

    ``public`` are the words that may leave this machine where the whole sentence may not, because it names a
    local path or quotes what a file holds; None where the sentence itself is public.
    """

    exit_code = 1
    public: str | None = None

    def __init__(self, sentence: str = "", *, public: str | None = None) -> None:
        super().__init__(sentence)
        if public is not None:
            self.public = public

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is wrong, a sentence each where several things are."""
        return (str(self),)


class UsageError(SynclineError):
    """A command, an argument or a configuration file is wrong; the caller mends it and tries again."""

    exit_code = 2


class DocumentError(UsageError):
    """A study, schema or policy file cannot be read as what it should be."""


class PolicyUnreadable(DocumentError):
    """The supplier's policy file cannot be read: its people mend it, and nothing is decided meanwhile."""

    public: str | None = "this supplier's policy cannot be read"


class DataError(SynclineError):
    """The supplier's own data cannot be read or does not fit the schema.

    Its sentence is for the supplier alone. ``public`` follows the data set's name, and is made of the
    approved schema's names and of numbers.
    """

    public: str | None = "it cannot be read or does not fit the study"


class PolicyRefusal(SynclineError):
    """The supplier's policy does not permit what was asked; nothing was computed."""


class ProtocolError(SynclineError):
    """A peer asked or answered something that the protocol does not allow at this point."""


class Contradiction(ProtocolError):
    """A supplier's answers cannot all be true, or are not of the shape that was asked for.

    The sentence names the supplier, the round and the rule, and no value; ``public`` says who alone, for the
    other suppliers.
    """


class WireError(SynclineError):
    """A message does not decode: unknown enum, wrong shape, oversized or missing field."""


class WorkLimitReached(SynclineError):
    """A computation would take more than it may of rows, memory or time; the sentence says what helps."""


class IdentityError(SynclineError):
    """A certificate, token or signature is missing, expired, forged or of the wrong role."""


class StorageError(SynclineError):
    """State cannot be written or read: full disk, damaged file, newer format.

    Its sentence names files, so it is for the operator of this machine alone.
    """

    public: str | None = "its disk cannot be used"


class StudyFailed(SynclineError):
    """A study ended without a release; the sentence says why."""


def public_words(error: SynclineError) -> str:
    """Return the words of an error that may leave this machine."""
    return str(error) if error.public is None else error.public


def defect_reference(kind: str, place: str) -> str:
    """Return by what a defect of the software is found in the log that names its class and place."""
    return hashlib.sha256(f"{kind} {place}".encode()).hexdigest()[:8]


def defect_sentence(kind: str, place: str) -> str:
    """Return what anybody but the operator hears of a defect, whatever it was: never its class or place."""
    return f"internal error {defect_reference(kind, place)}: the operator of that machine finds it in its log"
