"""The closed vocabulary: what a hub may ask of a supplier's rows, and the exact integers that come back.

Each question streams over prepared batches, and its answers merge by addition: over the batches of a table,
the partitions of a supplier and the suppliers of a study alike. No question holds code or an expression, and
no answer holds a row. Nothing here knows rounds, networks or techniques.
"""
