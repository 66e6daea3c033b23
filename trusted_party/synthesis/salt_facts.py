"""What a release says of its holdout: never the salt, but by what it is recognised."""

from __future__ import annotations

import hashlib

from syncline.compute.frames import Header
from syncline.protocols.opening import HUB, SaltDraw
from syncline.study.fitting import fold_of
from syncline.study.holdout import salt_words
from syncline.study.spec import StudySpec


def salt_facts(spec: StudySpec, drawn: SaltDraw) -> Header:
    """Return the share that is held out, where the salt comes from, and digests that commit to it."""
    fold = fold_of(spec, drawn.openings)
    return {
        "holdout": float(fold.fraction),
        "salt_from": salt_words(spec),
        "salt_sha256": hashlib.sha256(fold.salt).hexdigest(),
        "hub_commitment": drawn.commitments.by_party[HUB].hex() if spec.salt is None else None,
    }
