"""Protocols: pure transitions between a hub and its suppliers, and the driver that runs them in one process.

A protocol does no I/O and holds no clock and no random state. Persisting, retrying, deadlines and
encryption belong to the drivers: ``run`` in :mod:`syncline.protocols.in_process`, and the durable one in the
hub and the agent. What phases there are, and what may follow each, stands in
:mod:`syncline.protocols.phase_table`.
"""
