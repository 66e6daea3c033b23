"""Studies and the tables of their suppliers, drawn from a seed: all kinds of columns, spread in all ways.

What is drawn is valid: a supplier who answers a study of it has done nothing wrong, whatever comes of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

Rng = np.random.Generator
Column = tuple[dict[str, Any], list[Any]]
Maker = Callable[[Rng, int], Column]

FLOWS = ("summaries", "prepared", "raw", "synthesized")
PARTIES = ("east", "north", "south", "west", "zenith")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A study's document, and the rows of each of its suppliers."""

    seed: int
    document: dict[str, Any]
    tables: dict[str, pa.Table]

    @property
    def persons(self) -> str | None:
        """The column that tells persons apart, None without one."""
        variables = self.document["schema"]["variables"]
        return next((one["name"] for one in variables if one.get("role") == "person"), None)

    def __repr__(self) -> str:
        rows = {name: table.num_rows for name, table in self.tables.items()}
        return f"Drawn(seed={self.seed}, rows={rows}, document={self.document})"


def draw(seed: int) -> Drawn:
    """Return the study that a seed stands for."""
    rng = np.random.default_rng(seed)
    rows = int(rng.choice([0, 12, 40, 70, 150, 300, 600], p=[0.02, 0.05, 0.11, 0.2, 0.25, 0.27, 0.1]))
    columns = _columns(rng, rows)
    constraints = _derived(rng, columns)
    variables = [variable for variable, _ in columns]
    names = [v["name"] for v in variables]
    table = pa.table({v["name"]: _array(cells) for v, cells in columns})
    if rng.random() < 0.5:
        variables.insert(int(rng.integers(0, len(variables) + 1)), _person(rng))
        pool = max(int(rows * rng.choice([0.05, 0.3, 0.7, 1.5])), 1)
        number = rng.integers(0, pool, rows)
        kind = next(v["kind"] for v in variables if v.get("role") == "person")
        table = table.append_column("pid", pa.array([n if kind == "integer" else f"p{n}" for n in number]))
    if rng.random() < 0.2:
        variables.append({"name": "note", "kind": "text"})
        table = table.append_column("note", pa.array(["a, b"] * rows, pa.string()))
    parts = _dealt(rng, table, int(rng.integers(1, len(PARTIES) + 1)), names)
    document = _study(rng, variables, constraints, parts)
    document["synthesizer"]["draws"] = "systematic" if seed % 4 else "independent"
    return Drawn(seed, document, parts)


def _person(rng: Rng) -> dict[str, Any]:
    return {"name": "pid", "kind": str(rng.choice(["identifier", "integer", "text"])), "role": "person"}


def _columns(rng: Rng, rows: int) -> list[Column]:
    """Return some columns of different kinds, with gaps in some of them."""
    chosen = rng.choice(len(MAKERS), int(rng.integers(1, 8)), replace=False)
    found = []
    for number, place in enumerate(chosen.tolist()):
        variable, cells = MAKERS[place](rng, rows)
        gaps = float(rng.choice([0, 0, 0.03, 0.4, 0.97, 1], p=[0.45, 0.1, 0.25, 0.1, 0.05, 0.05]))
        lacks = rng.random(rows) < gaps
        cells = [None if lost else cell for lost, cell in zip(lacks, cells, strict=True)]
        role = rng.choice([None, "key", "sensitive", "time", "weight"], p=[0.6, 0.15, 0.15, 0.05, 0.05])
        found.append(({"name": f"c{number}_{variable['kind']}", **variable} | _role(role), cells))
    return found


def _role(role: str | None) -> dict[str, Any]:
    return {} if role is None else {"role": str(role)}


def _array(cells: list[Any]) -> pa.Array:
    return pa.array(cells) if any(cell is not None for cell in cells) else pa.nulls(len(cells), pa.string())


def _derived(rng: Rng, columns: list[Column]) -> list[dict[str, Any]]:
    """Add columns that follow from others, with some exceptions, and say so in the schema or do not."""
    numbers = [c for c in columns if c[0]["kind"] in {"integer", "continuous"}]
    if not numbers or rng.random() < 0.4:
        return []
    variable, cells = numbers[int(rng.integers(len(numbers)))]
    source, kinds = variable["name"], ["equal", "log1p", "log_floor", "sum", "ratio"]
    other, others = numbers[-1][0]["name"], numbers[-1][1]
    kind = str(rng.choice(kinds if other != source else kinds[:3]))
    values = [None if cell is None else float(cell) for cell in cells]
    of: list[float | None] = []
    for value, beside in zip(values, others, strict=True):
        of.append(_formula(kind, value, None if beside is None else float(beside)))
    broken = rng.random(len(of)) < rng.choice([0, 0, 0.001, 0.01])
    of = [None if lost else value for lost, value in zip(broken, of, strict=True)]
    columns.append(({"name": "derived", "kind": "continuous"}, of))
    inputs = [source, other] if kind in {"sum", "ratio"} else [source]
    if rng.random() < 0.7:
        return []
    return [{"formula": kind, "of": "derived", "from": inputs}]


def _formula(kind: str, value: float | None, beside: float | None) -> float | None:
    """Return what a formula gives, None where it gives nothing that a cell can hold."""
    if value is None or (beside is None and kind in {"sum", "ratio"}):
        return None
    with np.errstate(all="ignore"):
        match kind:
            case "equal":
                found = value
            case "log1p":
                found = float(np.log1p(np.float64(value)))
            case "log_floor":
                found = float(np.log(np.maximum(np.float64(value), 1.0)))
            case "sum":
                found = value + (beside or 0.0)
            case _:
                found = float(np.float64(value) / np.float64(beside))
    return found if np.isfinite(found) else None


def _dealt(rng: Rng, table: pa.Table, parts: int, names: list[str]) -> dict[str, pa.Table]:
    """Deal rows out: suppliers of unlike sizes, some with one row or none, some without a column."""
    shares = rng.dirichlet(np.full(parts, float(rng.choice([0.3, 1, 20]))))
    owner = rng.choice(parts, table.num_rows, p=shares)
    if parts > 1 and rng.random() < 0.4:
        owner[owner == parts - 1] = 0
        if rng.random() < 0.5 and table.num_rows:
            owner[int(rng.integers(table.num_rows))] = parts - 1
    found = {}
    for place in range(parts):
        part = table.filter(pa.array(owner == place))
        if parts > 1 and len(names) > 1 and rng.random() < 0.15:
            name = str(rng.choice(names))
            part = part.set_column(
                part.schema.get_field_index(name), name, pa.nulls(part.num_rows, pa.string())
            )
        found[PARTIES[place]] = part
    return found


def _study(
    rng: Rng, variables: list[dict[str, Any]], constraints: list[dict[str, Any]], parts: dict[str, pa.Table]
) -> dict[str, Any]:
    """Return a specification that uses what it may of the columns."""
    flow = str(rng.choice(FLOWS))
    mixed = rng.random() < 0.4
    suppliers = [{"name": name, "flow": str(rng.choice(FLOWS)) if mixed else flow} for name in parts]
    validation: dict[str, Any] | str = _validation(rng, variables)
    gate = "none" if validation == "none" or rng.random() < 0.3 else "default"
    if isinstance(validation, dict) and validation["holdout"] == 0:
        gate = "none"
    synthesizer = {
        "method": str(rng.choice(["cart", "cart", "marginals"])),
        "min_leaf": int(rng.choice([1, 3, 20, 50])),
        "max_depth": int(rng.choice([1, 3, 6, 12])),
    }
    if rng.random() < 0.4:
        synthesizer["rows"] = int(rng.choice([1, 50, 1000, 1300]))
    return {
        "syncline": 1,
        "study": "drawn",
        "schema": {"variables": variables, "constraints": constraints},
        "suppliers": suppliers,
        "quorum": {"min_suppliers": 1},
        "synthesizer": synthesizer,
        "privacy": {"min_cell": int(rng.choice([1, 2, 5, 11]))},
        "hazards": {
            "absent": str(rng.choice(["missing", "exclude"])),
            "sparse": str(rng.choice(["missing", "missing", "exclude"])),
            "severe": "report",
        },
        "validation": validation,
        "release": {"gate": gate, "approvals": 0, "formats": ["parquet", "csv"]},
    }


def _validation(rng: Rng, variables: list[dict[str, Any]]) -> dict[str, Any] | str:
    if rng.random() < 0.1:
        return "none"
    usable = [v for v in variables if v.get("role") != "person" and v["kind"] not in {"text", "identifier"}]
    names = [v["name"] for v in usable]
    varied = [v for v in usable if _varies(v)]
    found: dict[str, Any] = {"holdout": [0, 0.1, 0.3, 0.5, 0.9, "auto"][int(rng.integers(6))]}
    if rng.random() < 0.6 and varied:
        found["target"] = str(rng.choice([v["name"] for v in varied]))
    if rng.random() < 0.6:
        found["keys"] = [str(n) for n in rng.choice(names, int(rng.integers(1, 4)))]
        found["keys"] = list(dict.fromkeys(found["keys"]))
    if rng.random() < 0.5:
        found["sensitive"] = list(dict.fromkeys(str(n) for n in rng.choice(names, int(rng.integers(1, 3)))))
    models = [model for model in (_model(rng, varied) for _ in range(int(rng.integers(0, 3)))) if model]
    return found | ({"models": list(dict.fromkeys(models))} if models else {})


def _varies(variable: dict[str, Any]) -> bool:
    """Tell whether the schema leaves a column more than one value."""
    low, high = variable.get("range", ("", None))
    return len(variable.get("categories", "  ")) > 1 and low != high


def _model(rng: Rng, usable: list[dict[str, Any]]) -> str | None:
    explained = [
        v["name"] for v in usable if v["kind"] not in {"categorical", "ordinal"} or len(v["categories"]) == 2
    ]
    if not explained or len(usable) < 2:
        return None
    response = str(rng.choice(explained))
    others = [v["name"] for v in usable if v["name"] != response]
    terms = rng.choice(others, min(int(rng.integers(1, 4)), len(others)), replace=False)
    return f"{response} ~ {' + '.join(str(term) for term in terms)}"


def _age(rng: Rng, n: int) -> Column:
    age = np.clip(rng.normal(50, 20, n), 0, 110).astype(int)
    age[rng.random(n) < 0.1] = 99
    return {"kind": "integer", "range": ["0", "110"], "missing": ["-9"]}, age.tolist()


def _truth_numbers(rng: Rng, n: int) -> Column:
    return {"kind": "integer"}, (rng.random(n) < rng.choice([0.02, 0.4])).astype(int).tolist()


def _huge(rng: Rng, n: int) -> Column:
    return {"kind": "integer"}, rng.integers(-(2**62) + 1, 2**62, n).tolist()


def _constant(rng: Rng, n: int) -> Column:
    return {"kind": "integer"}, [int(rng.choice([0, 7, -(2**40)]))] * n


def _coarse(rng: Rng, n: int) -> Column:
    return {"kind": "integer", "step": "25", "range": ["-50", "1000"]}, (
        25 * rng.integers(-2, 41, n)
    ).tolist()


def _cents(rng: Rng, n: int) -> Column:
    cells = np.round(np.exp(rng.normal(0, 2, n)), 2)
    return {"kind": "continuous", "decimals": 2}, np.where(rng.random(n) < 0.3, 0.0, cells).tolist()


def _half_steps(rng: Rng, n: int) -> Column:
    return {"kind": "continuous", "step": "0.5"}, (rng.integers(-9, 9, n) / 2).tolist()


def _floats(rng: Rng, n: int) -> Column:
    return {"kind": "continuous"}, rng.normal(0, 10.0 ** rng.integers(-8, 9), n).tolist()


def _far_floats(rng: Rng, n: int) -> Column:
    seldom = [0.0, -0.0, 5e-324, -1e-300, 1.7e308, -1e300, 1.5, 1e60]
    return {"kind": "continuous"}, [float(x) for x in rng.choice(seldom, n)]


def _boolean(rng: Rng, n: int) -> Column:
    return {"kind": "boolean"}, (rng.random(n) < rng.choice([0.01, 0.5])).tolist()


def _two(rng: Rng, n: int) -> Column:
    return {"kind": "categorical", "categories": ["no", "yes"], "missing": ["?"]}, rng.choice(
        ["no", "yes", "?"], n, p=[0.6, 0.35, 0.05]
    ).tolist()


def _few(rng: Rng, n: int) -> Column:
    return {"kind": "categorical", "categories": ["(other)", "a", "b", "never"]}, rng.choice(
        ["(other)", "a", "b"], n, p=[0.02, 0.48, 0.5]
    ).tolist()


def _many(rng: Rng, n: int) -> Column:
    labels = [f"w{i}" for i in range(90)]
    return {"kind": "categorical", "categories": labels}, [labels[i] for i in rng.zipf(1.5, n) % 90]


def _single(rng: Rng, n: int) -> Column:
    return {"kind": "categorical", "categories": ["only"]}, ["only"] * n


def _ordinal(rng: Rng, n: int) -> Column:
    grades = ["I", "II", "III", "IV", "V"]
    return {"kind": "ordinal", "categories": grades}, [grades[i] for i in rng.binomial(4, 0.3, n)]


def _days(rng: Rng, n: int) -> Column:
    first = dt.date(1950, 1, 1)
    return {"kind": "date"}, [first + dt.timedelta(int(d)) for d in rng.integers(0, 30_000, n)]


def _months(rng: Rng, n: int) -> Column:
    return {"kind": "date", "step": "month"}, [
        f"{2000 + m // 12}-{m % 12 + 1:02}" for m in rng.integers(0, 99, n)
    ]


def _moments(rng: Rng, n: int) -> Column:
    zone = str(rng.choice(["none", "Europe/Berlin"]))
    first = dt.datetime(2019, 10, 20)
    moments = [first + dt.timedelta(seconds=int(s)) for s in rng.integers(0, 10**6, n)]
    ends = "" if zone == "none" else "Z"
    return {"kind": "datetime", "zone": zone}, [f"{m.isoformat()}{ends}" for m in moments]


def _times(rng: Rng, n: int) -> Column:
    return {"kind": "time", "step": "15min"}, [
        dt.time(int(q) // 4, 15 * (int(q) % 4)) for q in rng.integers(0, 96, n)
    ]


def _spans(rng: Rng, n: int) -> Column:
    return {"kind": "duration", "range": ["PT0S", "P365D"]}, [
        dt.timedelta(hours=int(h)) for h in rng.geometric(0.01, n).clip(0, 8760)
    ]


MAKERS: tuple[Maker, ...] = (
    *(_age, _truth_numbers, _huge, _constant, _coarse, _cents, _half_steps, _floats, _far_floats),
    *(_boolean, _two, _few, _many, _single, _ordinal, _days, _months, _moments, _times, _spans),
)
