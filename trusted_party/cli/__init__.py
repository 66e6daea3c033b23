"""The command ``trusted-party``: arguments, words for people, and the wiring of ports to implementations.

The other commands work on the home's database while ``serve`` runs; it notices within 25 ms what they
wrote. What never lives here: a rule about studies, a message of the wire.
"""

from __future__ import annotations


def main() -> None:
    """Run the command ``trusted-party``."""
    from syncline.cli.exit_status import run_app
    from trusted_party.cli.app import app

    run_app(app)
