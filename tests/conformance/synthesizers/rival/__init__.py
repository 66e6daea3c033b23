"""A second toy, which may not be registered beside the first."""
