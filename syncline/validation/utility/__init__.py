"""How useful a synthetic table is, in counts that add over suppliers."""
