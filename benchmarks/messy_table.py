"""A large delimited file with messy cells, made from real rows: Adult's train half over and over, with noise.

Fifteen columns, separated by semicolons: padded text, other letter case, decimal commas, days in four forms,
pounds and mmol/L, codes in the place of words, and five ways to write that a cell is missing. Each block of
rows is drawn from a stream of its own (Philox, keyed by the block's number), so a larger file begins as a
smaller one does, and no more than a block is in memory.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

BLOCK_ROWS = 100_000
MISSING = pa.array(["?", "NA", "-9", " ", "n.a."])
"""How a cell is written that is missing."""

SCHEMA = """\
variables:
  - {name: patient, kind: identifier}
  - {name: age, kind: integer, range: [17, 110]}
  - {name: work, kind: categorical, categories: [Private, Federal-gov, Local-gov, Never-worked, \
Self-emp-inc, Self-emp-not-inc, State-gov, Without-pay]}
  - {name: weighting, kind: continuous, decimals: 4}
  - {name: education, kind: categorical, categories: [10th, 11th, 12th, 1st-4th, 5th-6th, 7th-8th, 9th, \
assoc-acdm, assoc-voc, bachelors, doctorate, hs-grad, masters, preschool, prof-school, some-college]}
  - {name: marital, kind: categorical, categories: [married, single, parted]}
  - {name: occupation, kind: categorical, categories: [Adm-clerical, Armed-Forces, Craft-repair, \
Exec-managerial, Farming-fishing, Handlers-cleaners, Machine-op-inspct, Other-service, Priv-house-serv, \
Prof-specialty, Protective-serv, Sales, Tech-support, Transport-moving]}
  - {name: relationship, kind: categorical, categories: [Husband, Not-in-family, Other-relative, Own-child, \
Unmarried, Wife]}
  - {name: sex, kind: categorical, categories: [f, m]}
  - {name: gain, kind: integer, range: [0, 99998]}
  - {name: hours, kind: integer, range: [1, 99]}
  - {name: weight_kg, kind: continuous, decimals: 1}
  - {name: chol, kind: integer}
  - {name: enrolled, kind: date}
  - {name: income, kind: categorical, categories: ["<=50K", ">50K"]}
"""

PREPARATION = """\
syncline: 1
steps:
  - {step: trim}
  - {step: missing, codes: ["?", NA, "-9", n.a.]}
  - {step: missing, columns: [GAIN], codes: ["99999"]}
  - {step: rename, columns: {PATNO: patient, AGE: age, WORK: work, FNLWGT: weighting, EDUC: education, \
MARITAL: marital, OCC: occupation, REL: relationship, SEX: sex, GAIN: gain, HOURS: hours, \
WEIGHT_LB: weight_kg, CHOL_MMOL: chol, ENROLLED: enrolled, INCOME: income}}
  - {step: decimal_comma, columns: [weighting, weight_kg, chol]}
  - {step: units, columns: [weight_kg], from: lb, to: kg, decimals: 1}
  - {step: units, columns: [chol], factor: 38.67, decimals: 0}
  - {step: recode, columns: [sex], codes: {"1": m, "2": f}, unlisted: missing}
  - {step: recode, columns: [marital], codes: {"1": married, "2": married, "3": married, "4": single, \
"5": parted, "6": parted, "7": parted}, unlisted: missing}
  - {step: case, columns: [education], to: lower}
  - {step: dates, columns: [enrolled], formats: [YYYY-MM-DD, DD.MM.YYYY, MM/YYYY, YYYY], day: middle, \
month: middle}
  - {step: range, columns: [age, hours], low: 1, high: 110, outside: missing}
"""
"""Twelve steps: two that touch every column, and one or two for each column that needs them."""

_MARITAL = ["Married-civ-spouse", "Married-AF-spouse", "Married-spouse-absent", "Never-married"]
_MARITAL += ["Divorced", "Separated", "Widowed"]


def write_messy(adult: Path, target: Path, n_bytes: int) -> int:
    """Write at least ``n_bytes`` of rows into ``target`` and return their number."""
    real = csv.read_csv(adult)
    options = csv.WriteOptions(delimiter=";", quoting_style="none")
    blocks = 0
    with target.open("wb") as file:
        while file.tell() < n_bytes:
            options.include_header = blocks == 0
            csv.write_csv(_block(real, blocks), file, options)
            blocks += 1
    return blocks * BLOCK_ROWS


def _block(real: pa.Table, number: int) -> pa.Table:
    rng = np.random.Generator(np.random.Philox(key=number))
    rows = real.take(rng.integers(0, real.num_rows, BLOCK_ROWS)).combine_chunks()
    first = number * BLOCK_ROWS
    texts = {
        "PATNO": pa.array(1_000_000 + first + np.arange(BLOCK_ROWS)).cast(pa.string()),
        "AGE": _padded(_text(rows, "age"), rng),
        "WORK": _text(rows, "workclass"),
        "FNLWGT": _decimals(rows["fnlwgt"].to_numpy() * 10 + rng.integers(0, 10, BLOCK_ROWS), 4, ","),
        "EDUC": _cased(_padded(_text(rows, "education"), rng), rng),
        "MARITAL": pc.index_in(_text(rows, "marital-status"), pa.array(["", *_MARITAL])).cast(pa.string()),
        "OCC": _text(rows, "occupation"),
        "REL": _padded(_text(rows, "relationship"), rng),
        "SEX": pc.if_else(pc.equal(rows["sex"].combine_chunks(), "Male"), "1", "2"),
        "GAIN": _text(rows, "capital-gain"),
        "HOURS": _text(rows, "hours-per-week"),
        "WEIGHT_LB": _decimals(_normal(rng, 1_650, 280), 1, ","),
        "CHOL_MMOL": _decimals(_normal(rng, 540, 95), 2, ","),
        "ENROLLED": _days(rng),
        "INCOME": _text(rows, "income"),
    }
    kept = ("PATNO", "INCOME")
    return pa.table({name: text if name in kept else _gaps(text, rng) for name, text in texts.items()})


def _text(rows: pa.Table, name: str) -> pa.Array:
    return rows[name].combine_chunks().cast(pa.string())


def _normal(rng: np.random.Generator, mean: float, spread: float) -> npt.NDArray[np.int64]:
    return np.maximum(rng.normal(mean, spread, BLOCK_ROWS), 100).astype(np.int64)


def _decimals(scaled: npt.NDArray[np.int64], places: int, mark: str) -> pa.Array:
    """Write ``scaled`` / 10**places with a decimal ``mark``."""
    whole, rest = np.divmod(scaled, 10**places)
    digits = pc.utf8_lpad(pa.array(rest).cast(pa.string()), places, "0")
    return pc.binary_join_element_wise(pa.array(whole).cast(pa.string()), digits, mark)


def _days(rng: np.random.Generator) -> pa.Array:
    """Write days of 2000 to 2025 in four forms, two of which do not say the day."""
    days = pa.array(rng.integers(10_957, 20_454, BLOCK_ROWS).astype(np.int32)).cast(pa.date32())
    forms = [pc.strftime(days, format=form) for form in ("%Y-%m-%d", "%d.%m.%Y", "%m/%Y", "%Y")]
    return pc.choose(pa.array(rng.choice(4, BLOCK_ROWS, p=[0.6, 0.3, 0.07, 0.03])), *forms)


def _padded(text: pa.Array, rng: np.random.Generator) -> pa.Array:
    """Put a space in front of a fifth of the cells."""
    space = pa.array(np.where(rng.random(BLOCK_ROWS) < 0.2, " ", ""))
    return pc.binary_join_element_wise(space, text, "")


def _cased(text: pa.Array, rng: np.random.Generator) -> pa.Array:
    return pc.if_else(pa.array(rng.random(BLOCK_ROWS) < 0.3), pc.utf8_upper(text), text)


def _gaps(text: pa.Array, rng: np.random.Generator) -> pa.Array:
    """Put one of the codes for missing into a twentieth of the cells."""
    codes = MISSING.take(pa.array(rng.integers(0, len(MISSING), BLOCK_ROWS)))
    return pc.if_else(pa.array(rng.random(BLOCK_ROWS) < 0.05), codes, text)
