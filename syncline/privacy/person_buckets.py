"""How many persons fill so many of the buckets that persons fall into, and how many are alone in one.

A bucket with one person in it is the same in all columns: by it whoever sees counts can put that person's
cells together.
"""

from __future__ import annotations

import math

from syncline.data.batch import PERSON_BUCKETS


def about_people(buckets: int, rows: int) -> int:
    """Return about how many persons fill so many buckets: at least as many, and at most one a row.

    Each person falls into one bucket at random (linear counting: Whang, Vander-Zanden and Taylor 1990, eq. 3,
    DOI 10.1145/78922.78925). Where all buckets are filled, by about 200 persons or more, it is the rows.
    """
    if buckets >= PERSON_BUCKETS:
        return rows
    return min(round(-PERSON_BUCKETS * math.log(1 - buckets / PERSON_BUCKETS)), rows)


def alone_in_a_bucket(people: int) -> int:
    """Return about how many of so many persons share their bucket with nobody."""
    return round(people * (1 - 1 / PERSON_BUCKETS) ** (people - 1)) if people else 0
