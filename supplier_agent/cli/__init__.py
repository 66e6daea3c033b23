"""The command ``supplier-agent``: arguments and words for people, and the wiring of the parts.

What never lives here: a decision, a computation, a message of the wire. ``run`` takes a path of its own that
imports no more than the daemon needs, because an idle agent must stay small.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command ``supplier-agent``."""
    if sys.argv[1:2] == ["run"]:
        from supplier_agent.cli.running import run

        run(sys.argv[2:])
    else:
        from supplier_agent.cli.app import app
        from syncline.cli.exit_status import run_app

        run_app(app)
