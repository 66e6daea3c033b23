"""A toy technique that relates columns: each from the earlier one by which it is guessed best."""
