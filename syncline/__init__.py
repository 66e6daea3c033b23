"""Syncline: organisations that may not pool their records build one synthetic data set together.

This package is the shared core and the researcher's Python API. It knows neither the supplier's agent nor the
hub. Importing it is light: everything heavy is loaded when it is first used.

Learn a table, draw synthetic rows, and judge them beside people who were not used:

>>> import pandas as pd
>>> import syncline
>>> people = pd.DataFrame({"age": [20 + n * 7 % 60 for n in range(600)], "ward": ["A", "B", "B"] * 200})
>>> schema = syncline.Schema.from_yaml('''
... variables:
...   - {name: age, kind: integer, range: [0, 120]}
...   - {name: ward, kind: categorical, categories: [A, B]}
... ''')
>>> model = syncline.Synthesizer(seed=1, schema=schema).fit(people[:300])
>>> synthetic = model.sample(300)
>>> synthetic.columns.tolist(), len(synthetic)
(['age', 'ward'], 300)
>>> found = syncline.validate(people[:300], synthetic, people[300:], schema=schema)
>>> found["tv_1way"].value < 0.1
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.version import __version__

if TYPE_CHECKING:
    from syncline.data.schema import Schema
    from syncline.study.table_validation import validate
    from syncline.synthesizers.synthesizer import Synthesizer

__all__ = ["Schema", "Synthesizer", "__version__", "validate"]


def __getattr__(name: str) -> object:
    if name == "Schema":
        from syncline.data.schema import Schema

        return Schema
    if name == "Synthesizer":
        from syncline.synthesizers.synthesizer import Synthesizer

        return Synthesizer
    if name == "validate":
        from syncline.study.table_validation import validate

        return validate
    raise AttributeError(f"module 'syncline' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names, those not loaded yet too: what an editor or a notebook completes."""
    return sorted(__all__)
