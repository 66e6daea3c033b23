"""The hypergeometric law: how many marked persons are among those drawn without regard to the mark."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from syncline.validation.disclosure.closeness import Ints

Floats = npt.NDArray[np.float64]


def hypergeometric(people: int, marked: int, drawn: int) -> Floats:
    """Return the probabilities (drawn + 1,) of 0, 1, ... marked persons among those drawn."""
    seen = np.arange(drawn + 1)
    possible = (seen <= marked) & (drawn - seen <= people - marked)
    law = np.zeros(drawn + 1)
    k = seen[possible]
    law[possible] = np.exp(
        _log_choose(marked, k) + _log_choose(people - marked, drawn - k) - _log_choose(people, drawn)
    )
    return law


def exactly_one(people: int, marked: Ints, drawn: int) -> Floats:
    """Return the probability (n,) that one person of each number ``marked`` (n,) is drawn, and no other."""
    possible = (marked > 0) & (drawn > 0) & (drawn - 1 <= people - marked)
    law = np.zeros(len(marked))
    k = marked[possible]
    law[possible] = np.exp(np.log(k) + _log_choose(people - k, drawn - 1) - _log_choose(people, drawn))
    return law


def _log_choose(n: int | Ints, k: int | Ints) -> Any:  # Any: as SciPy returns it, an array or a number
    from scipy import special  # a fifth of a second, which a process that judges nothing need not spend

    others = np.subtract(n, k)
    return special.gammaln(np.add(n, 1)) - special.gammaln(np.add(k, 1)) - special.gammaln(others + 1)
