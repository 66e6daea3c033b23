"""What must survive a kill at any instruction: transactions, payloads, the audit chain, the home's lock.

Here live the SQLite database with its one writer, the encrypted payload store, the hash-chained audit and the
points at which the fault harness kills a process. Nothing here knows what it stores: no studies, no messages,
no tables of data. Never import numpy, pyarrow, pandas or gRPC here; an idle daemon holds this room in memory
all day.
"""
