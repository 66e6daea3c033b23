"""Start the agent's command as ``python -m supplier_agent``."""

from __future__ import annotations

from supplier_agent.cli import main

if __name__ == "__main__":
    main()
