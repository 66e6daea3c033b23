"""What drives a study from its approval to its result: whom it waits for, what ends a round, what ends it.

The protocol itself is pure and runs in the child process. Here live its persistence, its deadlines and
the rules for lost suppliers. One transaction makes each step: state, next request and tasks together. No
gRPC.
"""
