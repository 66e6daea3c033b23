"""Child processes that compute, so that a daemon stays small and a crash does not take it along.

Here live the frames on a child's pipes, the parent's end and the child's main loop. Nothing here knows what
is computed: headers are JSON, blobs are opaque bytes. A child's free text never reaches a log, because a
traceback or a warning may quote data. Never import numpy, pyarrow, pandas or gRPC here.
"""
