"""From how many persons on a study holds fewer of them out; apart, because the daemons read it."""

from __future__ import annotations

FEW_PEOPLE = 5000
"""Below so many persons of all suppliers together half of them are held out: see docs/validation.md."""
