"""A line to type for each command of ``supplier-agent``, as its ``--help`` shows it."""

from __future__ import annotations

RUN = "supplier-agent run --home /var/lib/syncline/agent"
EXAMPLES = (
    RUN,
    "supplier-agent enrol - --hub hub.example.org:8443 < token",
    "supplier-agent check",
    "supplier-agent status",
    "supplier-agent prepare heart.csv --preparation heart.yaml --schema schema.yaml --dry-run",
    "supplier-agent suggest heart.csv --schema schema.yaml > heart.yaml",
    "supplier-agent describe heart --out schema-draft.yaml",
    "supplier-agent datasets add heart /srv/registry/heart.csv --person patient",
    "supplier-agent datasets list",
    "supplier-agent datasets check heart",
    "supplier-agent datasets remove heart",
    "supplier-agent studies list",
    "supplier-agent studies show heart-disease-2026",
    "supplier-agent studies salt heart-disease-2026",
    "supplier-agent studies approve heart-disease-2026",
    "supplier-agent studies retry heart-disease-2026",
    'supplier-agent studies refuse heart-disease-2026 --reason "the purpose is not ours"',
    "supplier-agent releases list",
    "supplier-agent releases report heart-disease-2026 --out read",
    'supplier-agent releases refuse heart-disease-2026 --reason "not with our data"',
    "supplier-agent policy show",
    "supplier-agent policy test study.yaml",
    "supplier-agent policy preset summaries --for study.yaml --out policy.yaml",
    "supplier-agent audit verify",
    "supplier-agent audit export --out audit.jsonl",
)
