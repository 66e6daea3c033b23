"""The journal of rounds and the child process that computes: what is asked, answered, kept and deleted.

A round is answered once. Memory, the reply's digest and the audit entry are committed in one
transaction before anything is sent, and the same bytes are sent for ever after. What never lives here:
the connection, gRPC, protobuf, and any import of numpy, pyarrow or pandas outside the child's module.
"""
