"""Turn a source's rows into prepared batches: every value a key of the schema's grid, every row in its fold.

Here live the readers of cells (text and typed columns alike), the assignment of persons and rows to the
holdout, and the table of prepared batches that questions are answered from. Nothing here opens a file or a
database (``sources``), and nothing decides what a person may learn from a row: values that leave this room
are keys, and persons are buckets.
"""
