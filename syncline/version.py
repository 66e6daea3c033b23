"""The version of this software, and of the algorithms whose results must agree byte for byte."""

from __future__ import annotations

__version__ = "0.13.0.dev0"

ALGORITHM_VERSION = 13
"""Hub and agents that differ here refuse a study before it starts."""
