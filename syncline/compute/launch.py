"""Run a child's module without pandas: ``python -m syncline.compute.launch MODULE ARGUMENT...``.

pyarrow imports pandas, where it is installed, to ask whether a list might be one of its series. No child
holds a pandas object, and the import costs each of them about 30 MB and a quarter of a second.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType


class Absent:
    """A finder that makes the top-level package ``name`` look as if it were not installed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raise ModuleNotFoundError for the package, leave others to the next finder."""
        if name == self._name:
            raise ModuleNotFoundError(f"{name} is not imported in a computing process", name=name)
        return None


def main() -> None:
    """Hide pandas, then run the module named first as the main one, with the other arguments."""
    del sys.argv[0]
    sys.meta_path.insert(0, Absent("pandas"))
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
