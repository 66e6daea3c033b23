"""The agent that runs at a data supplier: it dials out to the hub and answers what its policy permits.

Rooms: `datasets` (where the supplier's data lies), `consent` (what its people permitted), `tasks` (the
journal of rounds and the child process that computes), `uplink` (the one outbound connection) and `cli`. The
agent never listens on a port, never holds rows in this process and never imports the hub. gRPC and protobuf
appear only in `uplink`; numpy, pyarrow and pandas only in child processes, so that an idle agent stays small.
"""
