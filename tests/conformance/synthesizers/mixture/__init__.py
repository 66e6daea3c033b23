"""A toy technique with a model of its own: in each category of one column, every other column on its own."""
