"""Leaks that try to slip through the gate, in 10,000 rows of Adult: what is caught and where it is blind."""

from __future__ import annotations

from benchmarks.gate import leaks, people
from benchmarks.gate.leaks import Disguise, Leak, some
from benchmarks.gate.verdicts import HEADER, planted, show

ROWS = 10_000
SPLITS = 4
SHARES = (0.01, 0.05, 0.25)

DISGUISES: dict[str, Disguise] = {
    "verbatim": leaks.verbatim,
    "one category changed": leaks.one_category,
    "three cells jittered": leaks.jittered(3),
    "all numbers rounded to tens": leaks.rounded(10),
    "fnlwgt rounded to thousands": leaks.rounded(1000, "fnlwgt"),
    "5 years added to the age": leaks.shifted("age", 5),
    "1,000 added to fnlwgt": leaks.shifted("fnlwgt", 1000),
    "100,000 added to fnlwgt": leaks.shifted("fnlwgt", 100_000),
    "fnlwgt of another person": leaks.exchanged("fnlwgt"),
    "fnlwgt and age of another person": leaks.exchanged("fnlwgt", "age"),
    "second half of the columns of another person": leaks.half_rows,
    "every other column of another person": leaks.every_other,
    "every row three times": leaks.repeated(3),
}

OTHERS: dict[str, Leak] = {
    "the commonest 1 % verbatim": leaks.commonest(0.01),
    "the commonest 5 % verbatim": leaks.commonest(0.05),
    "20 persons 30 times each": some(20, leaks.repeated(30)),
    "5 persons 30 times each": some(5, leaks.repeated(30)),
    "5 persons 9 times each": some(5, leaks.repeated(9)),
    "1 person 120 times": some(1, leaks.repeated(120)),
    "nobody used: the held-out rows": leaks.held_out(0, 1),
    "nobody used: half held-out rows, half fresh": leaks.held_out(0, 0.5),
    "half used, half held-out rows": leaks.held_out(0.5, 0.5),
    "5 % used and 5 % held out": leaks.held_out(0.05, 0.05),
    "5 % used and 2.5 % held out": leaks.held_out(0.05, 0.025),
}


def run() -> None:
    """Print how often the gate fails each kind of table."""
    everyone = people.adult()
    print(HEADER)
    for name, disguise in DISGUISES.items():
        for share in SHARES:
            verdicts = planted(everyone, [ROWS] * 3, some(share, disguise), range(SPLITS))
            show(f"{share:.0%} leaked: {name}", verdicts)
    for name, leak in OTHERS.items():
        show(name, planted(everyone, [ROWS] * 3, leak, range(SPLITS)))
