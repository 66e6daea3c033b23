"""``python -m trusted_party`` is ``trusted-party``."""

from __future__ import annotations

from trusted_party.cli import main

if __name__ == "__main__":
    main()
