"""Whether rows that came prepared are held out as the study's salt says, as far as the hub can tell.

A supplier prepares its rows and says of each whether it is held out. Nobody chooses which people are counted,
so that is no matter of opinion. Where a row stands for its person the hub hashes the row itself. Persons it
knows by numbers alone, behind which it cannot look; all that it sees is that each stands on one side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from syncline.data.batch import Batch
from syncline.preparation.fold import Fold, canonical_rows

_ROWS_AT_A_TIME = 1 << 16


def folds_agree(batches: Sequence[Batch], names: Sequence[str], fold: Fold, *, by_rows: bool) -> bool:
    """Tell whether rows are held out as ``fold`` says, ``by_rows`` where not the persons' ids decide.

    ``names`` are those of the modelled columns.
    """
    if fold.threshold == 0:
        return not any(batch.holdout.any() for batch in batches)
    if by_rows:
        return all(_as_hashed(part, names, fold) for batch in batches for part in _parts(batch))
    owned = [(batch.owner, batch.holdout) for batch in batches if batch.owner is not None]
    held = np.concatenate([owner[out] for owner, out in owned] or [np.zeros(0, np.int64)])
    used = np.concatenate([owner[~out] for owner, out in owned] or [np.zeros(0, np.int64)])
    return not np.isin(np.unique(held), used).any()


def _as_hashed(batch: Batch, names: Sequence[str], fold: Fold) -> bool:
    hashed = fold.holds_out(canonical_rows(names, batch.keys, batch.status))
    return bool(np.array_equal(hashed, batch.holdout))


def _parts(batch: Batch) -> Iterator[Batch]:
    """Yield a batch in parts whose rows may be held as bytes."""
    for start in range(0, len(batch.holdout), _ROWS_AT_A_TIME):
        rows = slice(start, start + _ROWS_AT_A_TIME)
        yield Batch(
            tuple(keys[rows] for keys in batch.keys),
            tuple(status[rows] for status in batch.status),
            batch.holdout[rows],
        )
