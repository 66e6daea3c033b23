"""How a synthetic table compares with the real one: from merged counts, never from a supplier's rows.

``utility`` says how useful it is, ``disclosure`` what it gives away of persons, with the gate that a release
must pass; ``comparison`` is the protocol by which both are counted where the rows lie, and ``report`` shows
them. Nothing here opens a connection, or knows how a study came to its table.
"""
