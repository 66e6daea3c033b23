"""Policies to begin with, commented: the one of a new agent, which refuses every study, and the presets.

A preset says how far a supplier goes; which studies, data sets and columns it is about are named beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from syncline.questions.table import permissions

_TEMPLATE = """\
{opening}
syncline: 1

# Names of studies, * stands for any text: [heart-*]
studies: {studies}

# What may leave: summaries are counts, never a row. [summaries]
flows: {flows}

# Which narrower flow is answered where a study asks for one that is not listed; without it such a study is
# refused. {{raw: summaries, prepared: summaries}}
narrow: {narrow}

# Data sets of `supplier-agent datasets list` that studies may use: [heart]
datasets: {datasets}

# Columns that a study may model; deny wins over allow.
columns:
  allow: {columns}{hint}
  deny: []         # [postcode]

# Kinds of questions that are answered. Every method needs the first three; what else one asks, a study that
# it is refused says by name:
# {known}
questions: {questions}

limits:
  max_order: {max_order}               # columns that are counted together, beyond a tree's own splits
  max_rounds: 200            # rounds of one study
  max_cells: 10000000000     # cells of one answer, zeros included
  # What one computation may take of this machine: rows, cells, MiB of memory, minutes. Left out, as here.
  # table_rows: 100000000
  # table_cells: 10000000000
  # memory_mib: 768          # left out, a share of what the machine or the service has
  # cpu_minutes: 60
  # wall_minutes: 120

# The smallest count of persons that a study may build on, and the fewest suppliers among whom this
# supplier's counts are added up. The hub sees the sums, and without secure aggregation each supplier's part.
min_cell: {min_cell}
min_suppliers: {min_suppliers}

# Whether a study may compare its synthetic data with rows here: true, false, or a mapping of
# {{models: true, holdout: {{least: 0.1, most: 0.5}}}}; salt: study lets it choose who is held out,
# and the hub look up ids of persons: for tests.
validation: {validation}

# What a study's release must need: {{gate: required, min_approvals: 1}}. Left out, nothing is demanded.
release: {release}

approval:
  mode: manual       # a person runs `supplier-agent studies approve`; automatic needs one of:
  # specs: []        # digests of specifications that need no person
  # researchers: []  # fingerprints of the keys of researchers whose permitted studies need no person
"""

_OPENING = """\
# What this supplier answers. Whatever is not named here is refused{so}.
# All keys are explained in docs/policy.md; `supplier-agent policy test STUDY.yaml` tells what the
# policy says to a study."""

_PLAIN = re.compile(r"(?!true|false|null)[a-z][a-z_]+")
"""Words that need no quotes in YAML."""

_COUNTS = ("row_count", "profile", "rank_counts")
_NARROW = "{raw: summaries, prepared: summaries}"


def _listed(words: Sequence[str]) -> str:
    """Return a YAML list on one line."""
    plain = (
        word if _PLAIN.fullmatch(word) else json.dumps(word, ensure_ascii=False) for word in map(str, words)
    )
    return f"[{', '.join(plain)}]"


class Preset(StrEnum):
    """How far a supplier goes."""

    STRICT = "strict"
    SUMMARIES = "summaries"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """What a policy says, as the YAML of its keys; as it stands nothing is permitted."""

    words: str = ", so this file as it stands refuses every\n# study"
    studies: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()
    narrow: str = "{}"
    datasets: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    max_order: int = 2
    min_cell: int = 11
    min_suppliers: int = 5
    validation: str = "false"
    release: str = "{}"

    def about(self, studies: Sequence[str], datasets: Sequence[str], columns: Sequence[str]) -> PolicyDraft:
        """Return the draft for these studies, data sets and columns; ``*`` stands for any text."""
        return replace(self, studies=tuple(studies), datasets=tuple(datasets), columns=tuple(columns))

    def yaml(self) -> str:
        """Return the policy as a commented file."""
        return _TEMPLATE.format(
            opening=_OPENING.format(so=self.words),
            studies=_listed(self.studies),
            flows=_listed(self.flows),
            narrow=self.narrow,
            datasets=_listed(self.datasets),
            columns=_listed(self.columns),
            hint="" if self.columns else '        # [age, sex, "lab_*"]',
            known=_listed(permissions()),
            questions=_listed(self.questions),
            max_order=self.max_order,
            min_cell=self.min_cell,
            min_suppliers=self.min_suppliers,
            validation=self.validation,
            release=self.release,
        )


PRESETS = {
    Preset.STRICT: PolicyDraft(
        words=".\n# Strict: counts of single columns, for methods that learn each by itself; no pairs",
        flows=("summaries",),
        narrow=_NARROW,
        questions=_COUNTS,
        min_cell=20,
        validation="{models: false, holdout: {least: 0.1, most: 0.5}}",
        release="{gate: required, min_approvals: 2}",
    ),
    Preset.SUMMARIES: PolicyDraft(
        words=".\n# Summaries: counts and sums leave, for every method; rows never do",
        flows=("summaries",),
        narrow=_NARROW,
        questions=permissions(),
        validation="{models: true, holdout: {least: 0.1, most: 0.5}}",
        release="{gate: required, min_approvals: 1}",
    ),
    Preset.ROWS: PolicyDraft(
        words=".\n# Rows: REAL ROWS may leave, where a study asks for them and a person approves it",
        flows=("summaries", "prepared", "raw"),
        questions=permissions(),
        validation="{models: true, holdout: {least: 0.1, most: 0.5}}",
        release="{gate: required, min_approvals: 1}",
    ),
}
"""Policies to begin with; none is about any study yet."""

DEFAULT_POLICY_YAML = PolicyDraft().yaml()
"""What a new agent starts with: it refuses every study until it is edited."""
