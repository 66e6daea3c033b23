"""The agent's child without the check of a message's parts, as a daemon would start it."""

from __future__ import annotations

from supplier_agent.tasks.child import AgentChild
from syncline.compute.serve import serve, work_limits
from tests.security.unguarded import take_out

if __name__ == "__main__":
    take_out("syncline.wire.exchange:require_few_parts")
    serve(AgentChild(work_limits()).handle)
