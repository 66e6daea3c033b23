"""How a model's rows are drawn: the words that a specification may use."""

from __future__ import annotations

from enum import StrEnum


class Draws(StrEnum):
    """Say how codes are drawn.

    ``systematic`` draws follow the model's shares as closely as whole rows can, so that a release repeats
    the counts that were learnt; in ``independent`` ones each row is drawn by itself, and counts vary.
    """

    SYSTEMATIC = "systematic"
    INDEPENDENT = "independent"
