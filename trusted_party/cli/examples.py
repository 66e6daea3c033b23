"""A line to type for each command of ``trusted-party``, as its ``--help`` shows it."""

from __future__ import annotations

EXAMPLES = (
    "trusted-party init --host hub.example.org",
    "trusted-party serve --listen 0.0.0.0:8443",
    "trusted-party invite cleveland --valid 3d",
    "trusted-party suppliers list",
    "trusted-party suppliers evict cleveland",
    "trusted-party suppliers ban cleveland",
    "trusted-party studies list",
    "trusted-party studies show heart-disease-2026",
    "trusted-party studies salt heart-disease-2026",
    "trusted-party studies start heart-disease-2026",
    'trusted-party studies cancel heart-disease-2026 --reason "a supplier left the study"',
    "trusted-party studies wait heart-disease-2026",
    "trusted-party releases list",
    "trusted-party releases show heart-disease-2026",
    "trusted-party releases approve heart-disease-2026",
    'trusted-party releases refuse heart-disease-2026 --reason "too near to real people"',
    'trusted-party releases withdraw heart-disease-2026 --reason "a supplier asked for it"',
    "trusted-party releases grant heart-disease-2026 bob --days 30",
    "trusted-party releases revoke heart-disease-2026 bob",
    "trusted-party audit verify",
    "trusted-party audit export --out audit.jsonl",
)
