"""The hub's child without the check of a stream's layout, as a daemon would start it."""

from __future__ import annotations

from syncline.compute.serve import serve, work_limits
from tests.security.unguarded import take_out
from trusted_party.synthesis.child import HubChild

if __name__ == "__main__":
    take_out("syncline.data.flat_stream:require_flat_layout")
    serve(HubChild(work_limits()).handle)
