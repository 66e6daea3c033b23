"""A report as small as one may be: the pages of it are made by the real renderer."""

from __future__ import annotations

NOTHING_COMPARED = "nothing was compared"


def report(provenance, gate, made):
    """Return the document of ``report.json``; ``gate`` is what the fake child says of it."""
    said = gate or {"passed": False, "failures": [NOTHING_COMPARED]}
    return {
        "gate": {**said, "rungs": [], "smallest_leak": 0.01},
        "metrics": {},
        "study": {"name": "heart", "purpose": made, "intended_use": None, "rows": 10, "method": "cart"},
        "formulas": [],
        "columns": {
            "visit_order": [],
            "determined": [],
            "narrowed": [],
            "merged_categories": {},
            "sibling_groups": {},
            "other_shares": {},
            "left_out": [],
            "excluded": [],
            "surrogate_numbers": [],
        },
        "hazards": [],
        "suppliers": [],
        "flows": [],
        "privacy": {"protections": [], "words": []},
        "approvals_needed": 1,
        "approvals": [],
        "provenance": provenance,
    }
