"""Generated from protos/ by `make proto`; never edited, never imported outside the wire."""
