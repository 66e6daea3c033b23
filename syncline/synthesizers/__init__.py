"""Techniques: each learns a model from merged answers and samples from it, in integers.

What lives here is pure: questions out, merged counts in, a model; then draws from counter-based streams.
Nothing here knows suppliers, networks, files or approvals.
"""
