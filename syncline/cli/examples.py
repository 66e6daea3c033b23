"""A line to type for each command of ``syncline``, as its ``--help`` shows it."""

from __future__ import annotations

EXAMPLES = (
    "syncline demo --data penguins",
    "syncline simulate study.yaml --supplier cleveland=a.csv --supplier zurich=b.csv --out simulated",
    "syncline synthesize heart.csv --rows 1000 --out synthetic.parquet",
    "syncline validate --real train.csv --holdout holdout.csv --synthetic synthetic.parquet --out report",
    "syncline verify release",
    "syncline advise --sources 4 --abilities abilities.yaml",
    "syncline login - --hub hub.example.org:8443 < token",
    "syncline schema infer heart.csv > schema.yaml",
    "syncline studies check study.yaml",
    "syncline studies submit study.yaml --wait",
    "syncline studies show heart-disease-2026",
    "syncline studies list",
    "syncline studies wait heart-disease-2026 --until released",
    'syncline studies cancel heart-disease-2026 --reason "a column is missing"',
    "syncline releases list",
    "syncline releases fetch heart-disease-2026 --out release",
    "syncline releases approve heart-disease-2026 --report read",
    'syncline releases refuse heart-disease-2026 --reason "too near to real people"',
    "syncline releases specification heart-disease-2026",
)
