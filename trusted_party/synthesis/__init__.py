"""The child process that computes for the hub, and the thin supervisor that the daemon talks to.

``worker`` belongs to the daemon: it owns a child, starts it again after a crash and repeats the call.
Everything else in this room runs inside the child, and the daemon never imports it: that is where numpy
and pyarrow live.
"""
