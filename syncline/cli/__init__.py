"""The researcher's command ``syncline``, and what the three commands share: tables, JSON, exit status.

Here live arguments, words for people and the wiring of ports to implementations. What never lives here: a
decision, a computation, a format of a file. Importing this package is light: each command imports what it
needs when it runs.
"""

from __future__ import annotations


def main() -> None:
    """Run the command ``syncline``."""
    from syncline.cli.app import app
    from syncline.cli.exit_status import run_app

    run_app(app)
