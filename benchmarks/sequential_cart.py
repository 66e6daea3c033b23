"""The peer: sequential CART as a scikit-learn user would write it, leaf 20, donors drawn from the leaves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor


def synthesize(source: Path, target: Path, seed: int, min_leaf: int = 20) -> None:
    """Fit and sample column by column, in the order of the table, and write a CSV file."""
    table = pd.read_csv(source, keep_default_na=False)
    rng = np.random.default_rng(seed)
    n = len(table)
    real, made = pd.DataFrame(index=range(n)), pd.DataFrame(index=range(n))
    out = pd.DataFrame(index=range(n))
    for name in table:
        values = table[name].to_numpy()
        if real.shape[1] == 0:
            drawn = values[rng.integers(0, n, n)]
        else:
            drawn = _from_leaves(real.to_numpy(), values, made.to_numpy(), rng, min_leaf)
        out[name] = drawn
        codes, levels = pd.factorize(values, sort=True)
        numeric = np.issubdtype(values.dtype, np.number)
        real[name] = values if numeric else codes
        made[name] = drawn if numeric else pd.Index(levels).get_indexer(drawn)
    out.to_csv(target, index=False)


def _from_leaves(
    x: np.ndarray, y: np.ndarray, new: np.ndarray, rng: np.random.Generator, min_leaf: int
) -> np.ndarray:
    numeric = np.issubdtype(y.dtype, np.number) and len(np.unique(y)) > 12
    tree = (DecisionTreeRegressor if numeric else DecisionTreeClassifier)(
        min_samples_leaf=min_leaf, random_state=0
    )
    leaves = tree.fit(x, y if numeric else pd.factorize(y)[0]).apply(x)
    order = np.argsort(leaves, kind="stable")
    ids, start, count = np.unique(leaves[order], return_index=True, return_counts=True)
    place = np.searchsorted(ids, tree.apply(new))
    return y[order[start[place] + rng.integers(0, count[place])]]
