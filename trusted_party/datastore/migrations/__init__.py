"""The steps by which a hub's database comes to its newest tables; alembic runs them, in order.

A step is never changed once it is released: what is new is appended. Steps say all that they need themselves
and import no table, since the tables go on changing.
"""
