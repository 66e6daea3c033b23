"""Options that the agent's commands share, and the home that they open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from supplier_agent.home import AgentHome, default_home

Home = Annotated[Path | None, typer.Option("--home", help="The agent's directory; ~/.syncline/agent.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def agent_home(home: Path | None) -> AgentHome:
    """Return the home that was named, or the default one."""
    return AgentHome((home or default_home()).absolute())


def existing_home(home: Path | None) -> AgentHome:
    """Return the home; raise where there is none."""
    found = agent_home(home)
    found.require()
    return found
