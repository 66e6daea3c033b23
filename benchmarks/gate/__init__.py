"""The disclosure gate against tables of known guilt: planted leaks, fresh people, techniques, tricks."""
