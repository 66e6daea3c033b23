"""Syncline: organisations that may not pool their records build one synthetic data set together.

This package is the shared core and the researcher's Python API. It knows neither the supplier's agent nor the
hub. Importing it is light: everything heavy is loaded when it is first used.
"""

from __future__ import annotations

from syncline.version import __version__

__all__ = ["__version__"]
