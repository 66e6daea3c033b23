"""How a synthetic table compares with the real one: from merged counts, never from a supplier's rows.

Utility is measured here; disclosure and the gate arrive with the issue that brings them. Nothing here asks
questions or writes files.
"""
