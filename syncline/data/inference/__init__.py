"""Infer a schema from a table: one engine for whatever looks at a table that has none.

Here live the rules by which a column is read: the words for missing, the notations of numbers and codes, days
in digits, what looks like an identifier, and the search for grids. A rule is a pure function of what was seen
in a column, so that a whole table in memory and a stream of batches are judged alike.
"""

from __future__ import annotations

from syncline.data.inference.inferred import Inference, infer, infer_schema

__all__ = ["Inference", "infer", "infer_schema"]
