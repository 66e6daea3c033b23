"""What the hub remembers: members, invitations, studies, rounds, tasks, releases, in SQLite or PostgreSQL.

Functions here take a transaction and return domain values; they decide nothing, send nothing, and do not know
which database there is: that is for ``sqlite_store`` and ``postgres_store`` alone. Payloads rest encrypted in
the home and are named here by digest. No gRPC, no protobuf.
"""
