"""Read tables where they stand: text or typed columns in, streams of Arrow record batches out.

Here live the readers of files and of tables in memory, each a :class:`~syncline.sources.source.Source`, and
:func:`~syncline.sources.registry.open_source`, which finds the reader of a locator. A source never interprets
a value, drops a row or writes: text stays text until ``preparation`` reads it against a schema.
"""
