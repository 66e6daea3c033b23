"""Describe tables: the schema of a study's variables, the grid of each, and the documents that hold them.

Here live the kinds of variables, their typed values, the integer grid on which every modelled value is
counted, prepared batches, and the strict reader of YAML documents that schema, study and policy share.
Nothing here opens a file of data or a database (``sources``), changes a value (``preparation``) or knows
what a question is. ``schema``, ``kinds``, ``scalars`` and ``document`` never import numpy or pyarrow: the
daemons read schemas without them.
"""
