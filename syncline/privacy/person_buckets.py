"""How many persons fill so many of the buckets that persons fall into."""

from __future__ import annotations

import math

from syncline.data.buckets import PERSON_BUCKETS


def about_people(buckets: int, rows: int) -> int:
    """Return about how many persons fill so many buckets: at least as many, and at most one a row.

    Each person falls into one bucket at random (linear counting: Whang, Vander-Zanden and Taylor 1990, eq. 3,
    DOI 10.1145/78922.78925). Where all buckets are filled, by about 200 persons or more, it is the rows.
    """
    if buckets >= PERSON_BUCKETS:
        return rows
    return min(round(-PERSON_BUCKETS * math.log(1 - buckets / PERSON_BUCKETS)), rows)
