"""Say what a study is: its specification, its data flows, the suppliers' policies and the life of a study.

Here live the documents that people sign or approve, in one canonical form each, the table of the states
that a study goes through, and the manifest of a release. Nothing here runs a study, opens a connection or
reads data; the agent's daemon imports this room, so it never imports numpy, pyarrow or pandas.
"""
