"""The hub of the process tests, for those that kill it."""

from __future__ import annotations

from tests.process.hub.conftest import run, site

__all__ = ["run", "site"]
