"""The policy file that a new agent starts with: commented, and refusing every study until it is edited."""

from __future__ import annotations

DEFAULT_POLICY_YAML = """\
# What this supplier answers. Whatever is not named here is refused, so this file as it stands refuses every
# study. All keys are explained in docs/policy.md; `supplier-agent policy test STUDY.yaml` tells what the
# policy says to a study.
syncline: 1

# Names of studies, * stands for any text: [heart-*]
studies: []

# What may leave: summaries are counts, never a row. [summaries]
flows: []

# Which narrower flow is answered where a study asks for one that is not listed; without it such a study is
# refused. {raw: summaries, prepared: summaries}
narrow: {}

# Data sets of `supplier-agent datasets list` that studies may use: [heart]
datasets: []

# Columns that a study may model; deny wins over allow.
columns:
  allow: []        # [age, sex, "lab_*"]
  deny: []         # [postcode]

# Kinds of questions that are answered. The method marginals needs the first four,
# cart also moments, tree_level and formula_check:
# [row_count, profile, rank_counts, marginals, moments, tree_level, formula_check]
questions: []

limits:
  max_order: 2               # columns that are counted together, beyond a tree's own splits
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
min_cell: 11
min_suppliers: 5

# Whether a study may compare its synthetic data with rows here: true, false, or a mapping of
# {models: true, holdout: {least: 0.1, most: 0.5}}; with salt: study it may choose who is held out, for tests.
validation: false

# What a study's release must need: {gate: required, min_approvals: 1}. Left out, nothing is demanded.
release: {}

approval:
  mode: manual       # a person runs `supplier-agent studies approve`; automatic needs one of:
  # specs: []        # digests of specifications that need no person
  # researchers: []  # fingerprints of the keys of researchers whose permitted studies need no person
"""
