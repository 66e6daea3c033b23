"""Start the researcher's command as ``python -m syncline.cli``."""

from __future__ import annotations

from syncline.cli import main

if __name__ == "__main__":
    main()
