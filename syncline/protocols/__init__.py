"""Protocols: pure transitions between a hub and its suppliers, and the driver that runs them in one process.

A protocol does no I/O and holds no clock and no random state. Persisting, retrying, deadlines and
encryption belong to the drivers: ``simulate`` here, the durable one in the hub and the agent.
"""
