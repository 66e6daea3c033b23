"""What others are told of an error here: never a local path, nor what a file holds.

A refusal or a decline goes to the hub, its researcher and audits that nobody can delete. So they get the
error's public words, and the whole sentence stays in this supplier's log and status.
"""

from __future__ import annotations

from syncline.errors import DataError, SynclineError, public_words
from syncline.wire.people_sentence import people_sentence

_MORE = "the supplier's own log says more"


def public_reason(error: SynclineError, dataset: str | None = None) -> str:
    """Return the sentence for others; ``dataset`` is the name of the data set that an answer is read from."""
    if error.public is None:
        return people_sentence(public_words(error))
    about = f"data set {dataset!r}: " if isinstance(error, DataError) and dataset is not None else ""
    return people_sentence(f"{about}{error.public}; {_MORE}")
