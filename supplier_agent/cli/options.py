"""Options that the agent's commands share, and the home that they open."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec

import typer

from supplier_agent.home import AgentHome, default_home

Home = Annotated[Path | None, typer.Option("--home", help="The agent's directory; ~/.syncline/agent.")]
Parameters = ParamSpec("Parameters")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def agent_home(home: Path | None) -> AgentHome:
    """Return the home that was named, or the default one."""
    return AgentHome((home or default_home()).absolute())


def existing_home(home: Path | None) -> AgentHome:
    """Return the home; raise where there is none."""
    found = agent_home(home)
    found.require()
    return found


def confined_by_policy(command: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Keep a command that reads rows itself within the memory that the policy gives to a child."""

    @wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        from supplier_agent.tasks.standing_policy import work_limits
        from syncline.compute.confinement import confined

        home = kwargs.get("home")
        with confined(work_limits(agent_home(home if isinstance(home, Path) else None).policy)):
            command(*args, **kwargs)

    return run
