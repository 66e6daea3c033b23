"""What the hub remembers: members, invitations, studies, rounds, tasks, releases, in one SQLite file.

Functions here take a transaction inside a transaction and return domain values; they decide nothing and send
nothing. Payloads rest encrypted beside the database and are named here by digest. No gRPC, no protobuf.
"""
