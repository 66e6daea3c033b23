"""Where membership inference is judged: at few false alarms."""

from __future__ import annotations

import numpy as np

from syncline.validation.disclosure.shown import CountPair
from syncline.validation.histograms import Ints

FALSE_ALARMS = 0.001
"""False-positive rate at which membership inference is judged, after Carlini et al. (2022,
doi:10.1109/SP46214.2022.9833649): few are accused, and rightly."""


def operating_point(train: Ints, holdout: Ints) -> CountPair:
    """Return used and other persons from the lowest score on that at most a part of the others reach."""
    alarms = np.cumsum(holdout[::-1])[::-1]
    allowed = np.flatnonzero(alarms <= FALSE_ALARMS * holdout.sum())
    least = int(allowed[0]) if len(allowed) else len(holdout)
    return int(train[least:].sum()), int(holdout[least:].sum())
